import { escapeIdentifier, escapeLiteral } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { dependantsSql, type FoundDependants } from './dependants.ts'
import { addForeignKeysSql, dropForeignKeysSql } from './foreign-keys.ts'
import { MIRROR, NEXT, OLD } from './schemas.ts'
import { qualified } from './table-sql.ts'

/** Readers that come while a swap waits for others wait behind it: so long at most. */
const LOCK_MS = 20

export interface Swap {
  /** Tables that stand whole and verified in schema `pharos_next`. */
  readonly tables: readonly DeviceTable[]
  /** Those of them that stand in schema `pharos`, to be replaced. */
  readonly present: readonly string[]
  /** Tables that have no successor, to be put away. */
  readonly gone: readonly string[]
  /** As they were read before: if they are not the same any more, the swap fails with {@link CHANGED}. */
  readonly dependants: FoundDependants
  /** Number of the sync: names the schema where the old tables go. */
  readonly syncId: string
}

/**
 * SQL that puts new tables in the place of old ones, within a transaction that is open. Meant to be sent with the commit as
 * one message: an agent that is frozen in the middle then holds no lock, since Postgres needs nothing more of it.
 *
 * Tables move one by one rather than by renaming their schema: so those that did not change, and whatever else stands in
 * schema `pharos`, stay where they are. The lock on every old table waits for transactions that have read it: none sees
 * one table as it was and another as it is.
 */
export function swapSql({ tables, present, gone, dependants, syncId }: Swap): string {
  const old = `${OLD}${syncId}`
  const leaving = [...present, ...gone].map((name) => qualified(MIRROR, name))
  const { views, foreignKeys, grants, fingerprint } = dependants
  return [
    `set local lock_timeout = ${LOCK_MS};`,
    leaving.length === 0 ? '' : `lock table ${leaving.join(', ')} in access exclusive mode;`,
    stillSql(dependantsSql(tables), fingerprint),
    // From here on everything is locked already, but the edge-local tables of foreign keys.
    dropForeignKeysSql(foreignKeys),
    leaving.length === 0 ? '' : `create schema ${escapeIdentifier(old)};`,
    ...leaving.map((name) => `alter table ${name} set schema ${escapeIdentifier(old)};`),
    ...tables.map(({ name }) => `alter table ${qualified(NEXT, name)} set schema ${escapeIdentifier(MIRROR)};`),
    ...views.map(
      ({ name, options, definition }) =>
        `create or replace view ${name} ${options === null ? '' : `with (${options})`} as ${definition}`,
    ),
    ...grants.map(
      ({ table, privilege, to, grantable }) =>
        `grant ${privilege} on ${qualified(MIRROR, table)} to ${to}${grantable ? ' with grant option' : ''};`,
    ),
    addForeignKeysSql(foreignKeys),
  ].join('\n')
}

/** Error code of `object_not_in_prerequisite_state`. */
export const CHANGED = '55000'

function stillSql(query: string, fingerprint: string): string {
  return `do $still$ begin
    if md5((${query})::text) <> ${escapeLiteral(fingerprint)} then
      raise exception 'what hangs on the tables has changed' using errcode = '${CHANGED}';
    end if;
  end $still$;`
}
