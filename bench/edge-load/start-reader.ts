import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const READER = fileURLToPath(new URL('reader.ts', import.meta.url))

export interface ReaderReport {
  readonly polls: number
  /** Longest that one answer took. */
  readonly longestMs: number
  /** Answers that no edition of the table would give. */
  readonly wrong: number
  readonly editions: readonly string[]
}

/** A process that reads the users all the time, until it is ended. */
export async function startReader(databaseUrl: string, rows: number): Promise<{ end(): Promise<ReaderReport> }> {
  const child = spawn(process.execPath, [READER, databaseUrl, String(rows)], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child, 'spawn')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  return {
    async end() {
      const ended = once(child, 'close')
      child.stdin.end()
      await ended
      return JSON.parse(said) as ReaderReport
    },
  }
}
