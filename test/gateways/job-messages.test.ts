import test from 'ava'
import { showJob } from '../../gateways/cli/commands/alias/job-messages.ts'
import { resumeCommand } from '../../gateways/cli/commands/alias/resume-command.ts'
import { Failure } from '../../gateways/cli/failure.ts'
import type { JobMessage } from '../../schemas/http/alias-import.ts'

const JOB = '01JZ0000000000000000000001'
const counts = { added: 3, changed: 0, removed: 0, unchanged: 0, refused: 0, conflicts: 0 }

/** An answer whose lines come in pieces that end anywhere, with empty ones between them. */
function answer(messages: readonly unknown[], end?: Error): Response {
  const text = messages.map((message) => `\n${JSON.stringify(message)}\n\n`).join('')
  const pieces = text.match(/[^]{1,7}/g) ?? []
  return new Response(
    ReadableStream.from(
      (async function* () {
        for (const piece of pieces) yield new TextEncoder().encode(piece)
        if (end !== undefined) throw end
      })(),
    ),
  )
}

const report = (more: Partial<JobMessage>) => ({ type: 'report', jobId: JOB, counts, ...more })

test('empty lines among the messages of a job are no messages', async (t) => {
  await t.notThrowsAsync(showJob(answer([report({ status: 'completed' })]), 'importing', false))
})

test('a job that was interrupted is told with its cause and the command that goes on with it', async (t) => {
  const interrupted = report({ status: 'interrupted', reason: 'the log did not take it for too long' })
  const error = await t.throwsAsync(showJob(answer([interrupted]), 'importing', false, 'pharos x'), {
    instanceOf: Failure,
  })
  t.is(error.message, 'interrupted: the log did not take it for too long (3 added). To go on: pharos x')
})

test('a job that failed for good is not one to go on with', async (t) => {
  const failed = report({ status: 'failed', reason: 'given up by root' })
  await t.throwsAsync(showJob(answer([failed]), 'importing', false, 'pharos x'), {
    message: 'failed: given up by root (3 added)',
  })
})

test('a connection that is lost, or an answer without its end, says how to go on', async (t) => {
  const progress = { type: 'progress', jobId: JOB, done: 1, total: 2, counts }
  await t.throwsAsync(showJob(answer([progress], new TypeError('terminated')), 'importing', false, 'pharos x'), {
    message: 'the connection to the server was lost. To go on: pharos x',
  })
  await t.throwsAsync(showJob(answer([progress]), 'importing', false, 'pharos x'), {
    message: 'the answer ended without a report. To go on: pharos x',
  })
})

test('the command that goes on with a job is the same with the job named, and safe to paste', (t) => {
  t.is(
    resumeCommand(['alias', 'import', "my names' list.csv", '--on-bad-line', 'skip'], JOB),
    `pharos alias import 'my names'\\'' list.csv' --on-bad-line skip --job ${JOB}`,
  )
  t.is(resumeCommand(['alias', 'import', 'a.csv', '--job', JOB], JOB), `pharos alias import a.csv --job ${JOB}`)
})
