import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The files below a directory that hold one of these texts somewhere in their bytes, each with the text. */
export async function filesHolding(directory: string, texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    // Servers remove files at any time.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    for (const text of texts) if (bytes.includes(text)) found.push(`${path}: ${text}`)
  }
  return found
}
