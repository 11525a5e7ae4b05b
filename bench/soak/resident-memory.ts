import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Memory that a process holds now (RSS), in MiB. */
export async function residentMemory(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)])
  const kib = Number(stdout.trim())
  if (!(kib > 0)) throw new Error(`the memory of process ${pid} cannot be read`)
  return kib / 1024
}
