import type { Projector } from '../../../projections/projector.ts'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import { aliases } from '../../../projections/tables/aliases.ts'
import { audit, auditRefused } from '../../../projections/tables/audit.ts'
import { channels } from '../../../projections/tables/channels.ts'

/** Every projector of Pharos. */
export const projectors: readonly Projector[] = [aliases, aliasIndex, audit, auditRefused, channels]
