import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * All of `input` in a file, which is gone when this is disposed of. Whatever makes it may take its time: the server, which
 * has room for few imports at once, waits for nobody who sends nothing.
 */
export async function spoolInput(
  input: Readable,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly path: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-input-'))
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true })
  const path = join(dir, 'lines')
  try {
    await pipeline(input, createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal })
  } catch (error) {
    await remove()
    throw error
  }
  return { path, [Symbol.asyncDispose]: remove }
}
