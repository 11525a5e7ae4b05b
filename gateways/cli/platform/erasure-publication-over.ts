import { eraseAgain } from '../../../commands/fleet/erase-again.ts'
import { erasurePublication } from '../../../projections/erasure/erasure-publication.ts'
import { scrubTables } from '../../../projections/erasure/scrub-tables.ts'
import type { Publication } from '../../../projections/publication.ts'
import { projectors } from './projectors.ts'
import type { RoleParts } from './roles/role.ts'

/** What carries erasures out: keys in NATS, tables in Postgres. */
export function erasurePublicationOver(
  parts: Pick<RoleParts, 'personKeys' | 'store' | 'fleet' | 'databaseUrl' | 'logger'>,
): Publication {
  const { personKeys, databaseUrl, logger } = parts
  return erasurePublication({
    destroyKey: (person) => personKeys.destroy(person),
    eraseAgain: (person) => eraseAgain(person, parts),
    scrub: (signal) => scrubTables(projectors, { connectionString: databaseUrl }, signal),
    shownBy: projectors.filter(({ personal }) => personal !== undefined).map(({ name }) => name),
    onFault: (error) =>
      logger.warn({ err: error }, 'tables that showed erased people could not be rewritten; trying again'),
  })
}
