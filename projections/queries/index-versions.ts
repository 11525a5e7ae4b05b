import type { IndexScope } from '../../schemas/alias-index.ts'
import { indexScopeKey } from '../../schemas/alias-index.ts'
import type { IndexVersion, IndexVersionPage } from '../../schemas/queries/alias-index.ts'
import { isoTime } from '../alias-row.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Read } from './read.ts'

interface VersionRow {
  readonly version: string
  readonly position: string
  readonly at: string
}

const COLUMNS = `version, position, ${isoTime('at')} as at`

/** The versions of a scope's index, newest first. @throws RangeError when the cursor is not one of this list's. */
export async function indexVersions(
  read: Read,
  query: { readonly scope: IndexScope; readonly cursor?: string | undefined; readonly limit: number },
): Promise<IndexVersionPage> {
  const [before] = query.cursor === undefined ? [String(Number.MAX_SAFE_INTEGER)] : readCursor(query.cursor, 1)
  if (before === undefined || !/^\d{1,16}$/.test(before)) throw new RangeError('not a cursor of this list')
  const rows = await read<VersionRow>(
    'index versions',
    `select ${COLUMNS} from pharos.alias_index_versions
     where scope_key = $1 and version < $2
     order by version desc
     limit $3::int`,
    [indexScopeKey(query.scope), before, query.limit + 1],
  )
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  return { versions: page.map(indexVersion), nextCursor: last ? writeCursor([last.version]) : null }
}

/** One version of a scope's index, with the position whose content it has; `undefined` when it was never claimed. */
export async function findIndexVersion(
  read: Read,
  query: { readonly scope: IndexScope; readonly version: number },
): Promise<IndexVersion | undefined> {
  const rows = await read<VersionRow>(
    'index version',
    `select ${COLUMNS} from pharos.alias_index_versions where scope_key = $1 and version = $2`,
    [indexScopeKey(query.scope), query.version],
  )
  return rows[0] && indexVersion(rows[0])
}

function indexVersion({ version, position, at }: VersionRow): IndexVersion {
  return { version: Number(version), position: Number(position), publishedAt: at }
}
