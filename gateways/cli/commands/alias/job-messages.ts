import type { JobCounts } from '../../../../schemas/alias-job.ts'
import { type JobMessage, jobMessage } from '../../../../schemas/http/alias-import.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { formatScope } from '../../scope-argument.ts'
import { ProgressBar } from '../../tour/progress-bar.ts'

/**
 * Shows how a job goes on, and how it ended: a bar and the problems for people on stderr, the report on stdout; with
 * `json` each message as it came.
 * @param resume the command that goes on with the job; left out for a dry run.
 * @throws Failure unless the job was completed; it says how to go on where that is possible.
 */
export async function showJob(response: Response, label: string, json: boolean, resume?: string): Promise<void> {
  const bar = new ProgressBar(label, process.stderr)
  const output = createOutput(json)
  let report: Extract<JobMessage, { type: 'report' }> | undefined
  const goOn = resume === undefined ? '' : `. To go on: ${resume}`
  for await (const message of messagesOf(response, goOn)) {
    if (json) output.result(message, () => '')
    if (message.type === 'report') report = message
    else if (message.type === 'progress') bar.show(message.done, message.total)
    else if (!json) {
      bar.end()
      output.note(tell(message))
    }
  }
  bar.end()
  if (report === undefined) throw new Failure(`the answer ended without a report${goOn}`)
  const { status, counts, reason } = report
  if (status === 'completed') {
    if (!json) output.result(report, () => `${report.dryRun === true ? 'would be: ' : ''}${summary(counts)}`)
    return
  }
  const how = status === 'interrupted' ? goOn : ''
  throw new Failure(`${status}: ${reason ?? 'no reason given'} (${summary(counts)})${how}`)
}

async function* messagesOf(response: Response, goOn: string): AsyncGenerator<JobMessage> {
  const utf8 = new TextDecoder()
  let rest = ''
  for await (const chunk of piecesOf(response, goOn)) {
    const lines = (rest + utf8.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    // An empty one says that the job goes on.
    for (const line of lines) if (line !== '') yield jobMessage.parse(JSON.parse(line))
  }
}

/** The client says only that a body was "terminated". */
async function* piecesOf({ body }: Response, goOn: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? []
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Failure(`the connection to the server was lost${goOn}`, { cause: error })
  }
}

function tell(message: Extract<JobMessage, { type: 'problem' | 'change' }>): string {
  const line = message.line === undefined ? '' : `line ${message.line}: `
  const slot = message.scope === undefined ? '' : `${formatScope(message.scope)} ${message.name ?? ''}`
  if (message.type === 'problem') return `${line}${slot === '' ? '' : `${slot}: `}${message.message} (${message.code})`
  const sign = { added: '+', changed: '~', removed: '-' }[message.change]
  return `${sign} ${slot}${message.by === undefined ? '' : `  (${message.by.join(', ')})`}`
}

function summary(counts: JobCounts): string {
  return Object.entries(counts)
    .filter(([what, count]) => count > 0 || what === 'added')
    .map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
    .join(', ')
}
