import type { ClientBase } from 'pg'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { MIRROR } from './schemas.ts'

/** Sequences that somebody on the device gave to mirrored tables go on behind the highest value that came. */
export async function setSequences(client: ClientBase, tables: readonly DeviceTable[]): Promise<void> {
  const { rows } = await client.query<{ sql: string }>(
    `select format('select setval(%L::regclass, coalesce(max(%I), 1)::bigint, max(%I) is not null) from %I.%I',
       format('%I.%I', space.nspname, sequence.relname), part.attname, part.attname, $1::text, target.relname) as sql
     from pg_class target
     join pg_depend depend on depend.refclassid = 'pg_class'::regclass and depend.refobjid = target.oid
       and depend.classid = 'pg_class'::regclass and depend.deptype in ('a', 'i')
     join pg_class sequence on sequence.oid = depend.objid and sequence.relkind = 'S'
     join pg_namespace space on space.oid = sequence.relnamespace
     join pg_attribute part on part.attrelid = target.oid and part.attnum = depend.refobjsubid
     where target.relnamespace = to_regnamespace($1) and target.relname = any ($2)`,
    [MIRROR, tables.map(({ name }) => name)],
  )
  for (const { sql } of rows) await client.query(sql)
}
