import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type FleetSource, UnreadableSource } from '../../../fleet-import/fleet-source.ts'
import { IMPORT_TABLES } from '../../../fleet-import/import-tables.ts'

/** A directory with a CSV file for each table that there is: `companies.csv`, `users.csv`, … @throws UnreadableSource when it has none. */
export async function csvDirectory(directory: string): Promise<FleetSource> {
  const files = await readdir(directory).catch((cause: unknown) => {
    throw new UnreadableSource(`there is no directory ${directory}`, { cause })
  })
  const tables = IMPORT_TABLES.filter(({ name }) => files.includes(`${name}.csv`))
  if (tables.length === 0)
    throw new UnreadableSource(`${directory} has none of ${IMPORT_TABLES.map(({ name }) => `${name}.csv`).join(', ')}`)
  return { tables, read: ({ name }) => createReadStream(join(directory, `${name}.csv`)) }
}
