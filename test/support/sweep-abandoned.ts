import { access, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockDataDir } from '../../infra/embedded/data-dir-lock.ts'
import { endProcess } from '../../infra/embedded/end-process.ts'
import { processCommandLine } from '../../infra/embedded/process-command-line.ts'

const PID_FILES = ['nats/nats-server.pid', 'postgres/cluster/postmaster.pid']

/** Ends the servers of test runs in `parent` that were killed and removes their directories. A run that goes on holds its lock. */
export async function sweepAbandoned(parent: string, prefix: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix))
  await Promise.allSettled(names.map((name) => sweep(join(parent, name))))
}

/** @throws DataDirLocked when the run goes on, or another error when it has not even taken its lock yet. */
async function sweep(runDir: string): Promise<void> {
  await access(join(runDir, 'lock'))
  await lockDataDir(runDir)
  for (const file of PID_FILES) {
    const pid = Number.parseInt(await readFile(join(runDir, file), 'utf8').catch(() => ''), 10)
    const ours = (await processCommandLine(pid))?.includes(runDir) === true
    if (ours) await endProcess(pid, { signal: 'SIGKILL', timeoutMs: 30_000 })
  }
  await rm(runDir, { recursive: true, force: true, maxRetries: 5 })
}
