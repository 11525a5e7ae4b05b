import { readFileSync } from 'node:fs'
import { z } from 'zod'

const manifest = z.object({ name: z.literal('pharos'), version: z.string() })

/** The package's version. Found upwards from here, since the built package has one folder more than the sources. */
export const version: string = findManifest(new URL('.', import.meta.url)).version

function findManifest(folder: URL): z.infer<typeof manifest> {
  try {
    const found = manifest.safeParse(JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')))
    if (found.success) return found.data
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const parent = new URL('..', folder)
  if (parent.href === folder.href) throw new Error('the package.json of pharos is missing')
  return findManifest(parent)
}
