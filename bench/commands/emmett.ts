import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { BenchContext } from '../bench.ts'

const PEERS = fileURLToPath(new URL('../peers', import.meta.url))
const run = promisify(execFile)
const answer = z.object({ perSecond: z.number().positive() })

/** Installs what Pharos is measured against, as its lockfile says, unless that was done before. */
export async function installPeers({ note, signal }: BenchContext): Promise<void> {
  if (existsSync(`${PEERS}/node_modules/.package-lock.json`)) return
  note('installing bench/peers')
  await run('npm', ['ci', '--prefix', PEERS, '--no-audit', '--no-fund', '--ignore-scripts'], { signal })
}

/** Registers `count` aliases with emmett-postgresql in a process of its own, and answers how many a second. */
export async function emmettPerSecond(
  databaseUrl: string,
  count: number,
  inFlight: number,
  signal: AbortSignal,
): Promise<number> {
  const args = [`${PEERS}/emmett-load.ts`, String(count), String(inFlight)]
  const { stdout } = await run(process.execPath, args, { signal, env: { ...process.env, DATABASE_URL: databaseUrl } })
  return answer.parse(JSON.parse(stdout)).perSecond
}
