import { execFile } from 'node:child_process'
import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { unprivilegedCommand } from './unprivileged-command.ts'

const run = promisify(execFile)

/** The superuser of an embedded Postgres. */
export const POSTGRES_USER = 'pharos'

/** Makes the database cluster in `clusterDir` unless there is one. Interrupted at any moment, the next run does it anew. */
export async function initializePostgres(
  binaries: PostgresBinaries,
  clusterDir: string,
  options: { readonly passwordFile: string; readonly durable: boolean },
): Promise<void> {
  const made = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (made !== undefined) return requireSameMajor(binaries, clusterDir, made.trim())
  // initdb writes PG_VERSION early: a half-made cluster looks like a whole one, so make it beside and move it in place.
  const partial = `${clusterDir}.partial`
  await rm(partial, { recursive: true, force: true })
  const encoding = ['-E', 'UTF8', '--locale=C.UTF-8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const access = ['-U', POSTGRES_USER, '-A', 'scram-sha-256', '--pwfile', options.passwordFile]
  const speed = options.durable ? [] : ['--no-sync']
  const [file, ...args] = await unprivilegedCommand([binaries.initdb, '-D', partial, ...encoding, ...access, ...speed])
  try {
    await run(file, args)
  } catch (cause) {
    throw new Error(
      `initdb could not make a database cluster in ${clusterDir}: ${cause instanceof Error ? cause.message : ''}`,
      { cause },
    )
  }
  await rename(partial, clusterDir)
}

async function requireSameMajor(binaries: PostgresBinaries, clusterDir: string, made: string): Promise<void> {
  const { stdout } = await run(binaries.postgres, ['--version'])
  const major = /(\d+)/.exec(stdout)?.[1]
  if (major !== made) {
    throw new Error(
      `${clusterDir} was made by Postgres ${made} and this is Postgres ${major}. It holds read models only: ` +
        'move it away and they are rebuilt from the log, or use the older version',
    )
  }
}
