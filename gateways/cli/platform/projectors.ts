import type { Projector } from '../../../projections/projector.ts'
import { aliases } from '../../../projections/tables/aliases.ts'
import { audit, auditRefused } from '../../../projections/tables/audit.ts'

/** Every projector of Pharos. */
export const projectors: readonly Projector[] = [aliases, audit, auditRefused]
