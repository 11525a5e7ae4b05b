import { access, readFile, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import test from 'ava'
import { spoolInput } from '../../gateways/cli/commands/alias/spool-input.ts'

const never = new AbortController().signal

test('standard input is kept whole, for its owner only, until it is disposed of', async (t) => {
  const pieces = Array.from({ length: 300 }, (_, i) => Buffer.from(`${i} ${'x'.repeat(1000)}\n`))
  const spooled = await spoolInput(Readable.from(pieces), never)
  t.deepEqual(await readFile(spooled.path), Buffer.concat(pieces))
  t.is((await stat(spooled.path)).mode & 0o777, 0o600)
  await spooled[Symbol.asyncDispose]()
  await t.throwsAsync(access(spooled.path), { code: 'ENOENT' })
})

test('who interrupts waits for no input', async (t) => {
  const silent = new Readable({ read() {} })
  const interrupted = new AbortController()
  const spooling = spoolInput(silent, interrupted.signal)
  interrupted.abort()
  await t.throwsAsync(spooling, { name: 'AbortError' })
})
