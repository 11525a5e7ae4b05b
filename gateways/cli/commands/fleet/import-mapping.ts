import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { IMPORT_TABLES } from '../../../fleet-import/import-tables.ts'
import { Failure } from '../../failure.ts'

const identifier = z.string().min(1).max(63)

/**
 * How another database calls what we import, by our names: `{"users": {"table": "hr.people", "columns": {"user_id":
 * "id", "name": "full_name"}}}`. A table or column that is left out is called as ours is.
 */
const importMapping = z.partialRecord(
  z.enum(IMPORT_TABLES.map(({ name }) => name)),
  z.strictObject({
    table: z.string().min(1).max(127).optional(),
    columns: z.record(identifier, identifier).default({}),
  }),
)
export type ImportMapping = z.infer<typeof importMapping>

/** @throws Failure that says what is wrong with the file. */
export async function readMapping(file: string | undefined): Promise<ImportMapping> {
  if (file === undefined) return {}
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure(`the mapping ${file} cannot be read`, { cause })
  })
  const read = importMapping.safeParse(parsed(text, file))
  if (!read.success)
    throw new Failure(
      `the mapping ${file}: ${read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`,
    )
  for (const { name, columns } of IMPORT_TABLES)
    for (const column of Object.keys(read.data[name]?.columns ?? {}))
      if (!(column in columns))
        throw new Failure(
          `the mapping ${file}: ${name} has no column ${column}, but ${Object.keys(columns).join(', ')}`,
        )
  return read.data
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Failure(`the mapping ${file} is no JSON`, { cause })
  }
}
