import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { processCommandLine } from './process-command-line.ts'

const run = promisify(execFile)

/** Tells one process from every other, a later one with the same pid and command line included; undefined when there is none. */
export async function processIdentity(pid: number): Promise<string | undefined> {
  const commandLine = await processCommandLine(pid)
  if (commandLine === undefined) return undefined
  try {
    return `${await startTime(pid)} ${commandLine.replaceAll('\n', ' ')}`
  } catch {
    return undefined
  }
}

async function startTime(pid: number): Promise<string> {
  if (process.platform !== 'linux') return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim()
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name, in parentheses, may hold anything; after it, the start time is field 22 of the line, 20 of the rest.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
