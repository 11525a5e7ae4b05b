import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { unpackDebianPackage } from '../../infra/embedded/debian-package.ts'
import { withScratchDir } from '../../infra/embedded/scratch-dir.ts'

const KEPT = resolve('node_modules/.cache/promtool')

/** Prometheus' own checker: the one of `PROMTOOL`, the one in PATH, or Debian's, which is kept with the installed packages. @throws Error when there is none. */
export async function findPromtool(env: NodeJS.ProcessEnv): Promise<string> {
  const known = [env['PROMTOOL'] ?? 'promtool', KEPT].find((path) => spawnSync(path, ['--version']).status === 0)
  return known ?? withScratchDir(async (dir) => keep(await unpackDebianPackage('promtool', dir, env)))
}

async function keep(unpacked: string): Promise<string> {
  const partial = `${KEPT}.${process.pid}`
  await mkdir(join(KEPT, '..'), { recursive: true })
  await copyFile(join(unpacked, 'usr/bin/promtool'), partial)
  await rename(partial, KEPT)
  return KEPT
}
