import type { ClientBase } from 'pg'
import type { Dependants } from './dependants.ts'

type ForeignKeys = Dependants['foreignKeys']

export function dropForeignKeysSql(foreignKeys: ForeignKeys): string {
  return foreignKeys.map(({ table, name }) => `alter table ${table} drop constraint ${name};`).join('\n')
}

/**
 * Not yet valid: a row that an edge-local table points at may be gone from central's data, and that must not keep the
 * device from having them. What is written from now on is checked again.
 */
export function addForeignKeysSql(foreignKeys: ForeignKeys): string {
  return foreignKeys
    .map(({ table, name, definition }) => {
      const notValid = definition.endsWith(' NOT VALID') ? '' : ' not valid'
      return `alter table ${table} add constraint ${name} ${definition}${notValid};`
    })
    .join('\n')
}

/** Validates what can be. @returns the foreign keys that cannot: rows of theirs point at nothing. */
export async function validateForeignKeys(client: ClientBase, foreignKeys: ForeignKeys): Promise<readonly string[]> {
  const dangling: string[] = []
  for (const { table, name } of foreignKeys) {
    try {
      await client.query(`set lock_timeout = '1s'; alter table ${table} validate constraint ${name}`)
    } catch {
      dangling.push(`${table} ${name}`)
    }
  }
  await client.query('set lock_timeout = 0')
  return dangling
}
