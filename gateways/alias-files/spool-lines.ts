import { createHash } from 'node:crypto'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImportLine, ImportSource } from '../../commands/alias-jobs/import-source.ts'
import { type CheckedLine, type LineCheck } from './check-lines.ts'
import { type RawLine, UnreadableFile } from './raw-line.ts'

/** Most lines of one import: what is known of each is kept in memory until its end. */
export const MAX_LINES = 1_000_000
/** Most faults that are told one by one; all are counted. */
const MAX_FAULTS = 1000
const FLUSH = 256 * 1024

export type Fault = Extract<CheckedLine, { fault: object }>

/** The good lines of a file, kept on disk until this is disposed of. */
export interface SpooledLines extends ImportSource, AsyncDisposable {
  /** The first of the bad lines. */
  readonly faults: readonly Fault[]
}

/**
 * Reads and checks a whole file, as fast as it can be stored and no faster, and keeps the good lines in a temporary file:
 * so an import begins when all is known, and memory is that of the names.
 * @param options goes into the digest: the same lines under other options are another job.
 * @throws UnreadableFile when there are too many lines, and what `source` throws.
 */
export async function spoolLines(
  source: AsyncIterable<readonly RawLine[]>,
  check: LineCheck,
  options: string,
): Promise<SpooledLines> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-import-'))
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true })
  const path = join(dir, 'lines')
  const digest = createHash('sha256').update(`${options}\n`)
  const faults: Fault[] = []
  let [total, bad] = [0, 0]
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      let text = ''
      const flush = async (): Promise<void> => {
        digest.update(text)
        await file.write(text)
        text = ''
      }
      for await (const lines of source) {
        for (const raw of lines) {
          if (++total > MAX_LINES) throw new UnreadableFile(`more than ${MAX_LINES.toLocaleString('en')} lines`)
          const checked = check.check(raw)
          if ('fault' in checked) {
            bad++
            if (faults.length < MAX_FAULTS) faults.push(checked)
          } else text += `${JSON.stringify(checked)}\n`
        }
        if (text.length > FLUSH) await flush()
      }
      await flush()
    } finally {
      await file.close()
    }
  } catch (error) {
    await remove()
    throw error
  }
  return {
    total,
    bad,
    faults,
    scopes: check.scopes,
    digest: digest.digest('hex'),
    has: (subject) => check.has(subject),
    concerns: (subject) => check.concerns(subject),
    lines: () => readSpool(path),
    [Symbol.asyncDispose]: remove,
  }
}

async function* readSpool(path: string): AsyncGenerator<readonly ImportLine[], void> {
  const file: FileHandle = await open(path)
  let rest = ''
  try {
    for await (const chunk of file.createReadStream({ encoding: 'utf8', highWaterMark: FLUSH })) {
      const pieces = (rest + String(chunk)).split('\n')
      rest = pieces.pop() ?? ''
      // Our own lines, checked when they were written.
      yield pieces.map((text) => JSON.parse(text) as ImportLine)
    }
  } finally {
    await file.close().catch(() => undefined)
  }
}
