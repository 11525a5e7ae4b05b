import type { Projector } from '../../../projections/projector.ts'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import { fleet } from '../../../projections/fleet/fleet.ts'
import { erasures } from '../../../projections/erasure/erasures.ts'
import { aliases } from '../../../projections/tables/aliases.ts'
import { audit, auditRefused } from '../../../projections/tables/audit.ts'

/** Every projector of Pharos. */
export const projectors: readonly Projector[] = [aliases, aliasIndex, fleet, audit, auditRefused, erasures]
