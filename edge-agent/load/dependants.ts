import { createHash } from 'node:crypto'
import { escapeLiteral, type ClientBase } from 'pg'
import { z } from 'zod'
import type { DeviceTable } from '../../schemas/device-sync/device-tables.ts'
import { MIRROR } from './schemas.ts'
import { ownIndexes } from './table-sql.ts'

const dependants = z.strictObject({
  /** Definitions name the tables with their schema, so they mean whatever stands there when they are run again. */
  views: z.array(z.strictObject({ name: z.string(), options: z.string().nullable(), definition: z.string() })),
  /** Of edge-local tables, to mirrored ones. `acts`: deletes or changes its own rows along. */
  foreignKeys: z.array(
    z.strictObject({ table: z.string(), name: z.string(), definition: z.string(), acts: z.boolean() }),
  ),
  /** `select`, or `select ("column")`, on a mirrored table. */
  grants: z.array(z.strictObject({ table: z.string(), privilege: z.string(), to: z.string(), grantable: z.boolean() })),
  /** Indexes that somebody on the device has added. `unique` and what follows the table's name. */
  indexes: z.array(
    z.strictObject({ table: z.string(), name: z.string(), unique: z.boolean(), definition: z.string() }),
  ),
  /** What else hangs on a table, in words: it would not outlive a swap. */
  obstacles: z.array(z.strictObject({ table: z.string(), what: z.string() })),
})
/** What others on the device have made of the mirrored tables. */
export type Dependants = z.infer<typeof dependants>

export interface FoundDependants extends Dependants {
  /** Of all of them: another one means that somebody has changed something. */
  readonly fingerprint: string
}

/** What hangs on these tables, as far as they are there. */
export async function readDependants(client: ClientBase, tables: readonly DeviceTable[]): Promise<FoundDependants> {
  const { rows } = await client.query<{ found: string }>(`select (${dependantsSql(tables)})::text as found`)
  const found = rows[0]?.found ?? ''
  return { ...dependants.parse(JSON.parse(found)), fingerprint: createHash('md5').update(found).digest('hex') }
}

/**
 * SQL of a jsonb with all dependants: the same text from the same database as long as nobody changes anything, so that it
 * can be asked again where the tables are locked.
 */
export function dependantsSql(tables: readonly DeviceTable[]): string {
  const names = arraySql(tables.map(({ name }) => name))
  const own = arraySql(tables.flatMap((table) => ownIndexes(table)))
  const listed = (rows: string): string =>
    `(select coalesce(jsonb_agg(to_jsonb(item) order by to_jsonb(item)::text), '[]'::jsonb) from (${rows}) item)`
  return `
    with target as (
      select oid, relname, relowner, relacl, reltype, relrowsecurity from pg_class
      where relnamespace = to_regnamespace('${MIRROR}') and relkind = 'r' and relname = any (${names})
    ), hanging as (
      select distinct target.oid as of, target.relname, depend.classid, depend.objid
      from target join pg_depend depend
        on (depend.refclassid = 'pg_class'::regclass and depend.refobjid = target.oid)
        or (depend.refclassid = 'pg_type'::regclass and depend.refobjid = target.reltype)
    )
    select jsonb_build_object(
      'views', ${listed(VIEWS)},
      'foreignKeys', ${listed(FOREIGN_KEYS)},
      'grants', ${listed(`${GRANTS} union all ${defaultGrants(names)}`)},
      'indexes', ${listed(`${INDEXES} and index.relname <> all (${own})`)},
      'obstacles', ${listed(OBSTACLES)})`
}

function arraySql(texts: readonly string[]): string {
  return `array[${texts.map((text) => escapeLiteral(text)).join(', ')}]::text[]`
}

const VIEWS = `
  select distinct format('%I.%I', space.nspname, view.relname) as name,
    array_to_string(view.reloptions, ', ') as options, pg_get_viewdef(view.oid) as definition
  from hanging
  join pg_rewrite rule on hanging.classid = 'pg_rewrite'::regclass and rule.oid = hanging.objid
  join pg_class view on view.oid = rule.ev_class and view.relkind = 'v'
  join pg_namespace space on space.oid = view.relnamespace`

const FOREIGN_KEYS = `
  select format('%I.%I', space.nspname, local.relname) as table, format('%I', key.conname) as name,
    pg_get_constraintdef(key.oid) as definition,
    key.confdeltype not in ('a', 'r') or key.confupdtype not in ('a', 'r') as acts
  from pg_constraint key
  join pg_class local on local.oid = key.conrelid
  join pg_namespace space on space.oid = local.relnamespace
  where key.contype = 'f' and key.conparentid = 0
    and key.confrelid in (select oid from target) and key.conrelid not in (select oid from target)`

/** Of the owner nobody need be told. A grantee of 0 is everybody. */
const GRANTS = `
  select target.relname as table, lower(acl.privilege_type) as privilege,
    case acl.grantee when 0 then 'public' else format('%I', pg_get_userbyid(acl.grantee)) end as to,
    acl.is_grantable as grantable
  from target, aclexplode(target.relacl) acl where acl.grantee <> target.relowner
  union all
  select target.relname, format('%s (%I)', lower(acl.privilege_type), part.attname),
    case acl.grantee when 0 then 'public' else format('%I', pg_get_userbyid(acl.grantee)) end, acl.is_grantable
  from target join pg_attribute part on part.attrelid = target.oid and not part.attisdropped,
    aclexplode(part.attacl) acl where acl.grantee <> target.relowner`

/** Of tables that are not there yet: what `alter default privileges in schema pharos` says of them. */
const defaultGrants = (names: string): string => `
  select missing, lower(acl.privilege_type),
    case acl.grantee when 0 then 'public' else format('%I', pg_get_userbyid(acl.grantee)) end, acl.is_grantable
  from unnest(${names}) missing, pg_default_acl given, aclexplode(given.defaclacl) acl
  where missing not in (select relname from target) and given.defaclobjtype = 'r'
    and given.defaclnamespace = to_regnamespace('${MIRROR}') and given.defaclrole = current_user::regrole
    and acl.grantee <> given.defaclrole`

const INDEXES = `
  select target.relname as table, format('%I', index.relname) as name, facts.indisunique as unique,
    substr(pg_get_indexdef(index.oid), 1 + length(format('CREATE %sINDEX %I ON %s.%I',
      case when facts.indisunique then 'UNIQUE ' else '' end, index.relname, '${MIRROR}', target.relname))) as definition
  from target
  join pg_index facts on facts.indrelid = target.oid
  join pg_class index on index.oid = facts.indexrelid
  where not exists (select from pg_constraint made where made.conindid = index.oid and made.conrelid = target.oid)`

const OBSTACLES = `
  select relname as table, pg_describe_object(classid, objid, 0) as what from hanging
  where not (
    (classid = 'pg_class'::regclass and exists (select from pg_class where oid = objid and relkind in ('i', 't')))
    or (classid = 'pg_type'::regclass and exists (
      select from target join pg_type row on row.oid = target.reltype where objid in (row.oid, row.typarray)))
    or (classid = 'pg_constraint'::regclass and exists (
      select from pg_constraint where oid = objid
        and (contype in ('p', 'n') and conrelid = hanging.of or contype = 'f' and confrelid = hanging.of
          and conrelid <> hanging.of and conparentid = 0)))
    or (classid = 'pg_trigger'::regclass and exists (select from pg_trigger where oid = objid and tgisinternal))
    or (classid = 'pg_rewrite'::regclass and exists (
      select from pg_rewrite rule join pg_class view on view.oid = rule.ev_class
      where rule.oid = objid and view.relkind = 'v')))
  union all
  select relname, 'row security' from target where relrowsecurity`
