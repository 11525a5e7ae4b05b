import { readdir } from 'node:fs/promises'

/** The migrations of the central database. */
export const MIGRATIONS = new URL('../migrations/', import.meta.url)

/** The files of `directory`, in the order in which they are applied. */
export async function migrationNames(directory: URL): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted()
}

/** Whether an applied migration comes after all that this release has: then it is a newer release's. */
export function isOfNewerRelease(applied: string, names: readonly string[]): boolean {
  return applied > (names.at(-1) ?? '')
}
