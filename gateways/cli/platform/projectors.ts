import type { Projector } from '../../../projections/projector.ts'
import { aliasIndex } from '../../../projections/alias-index/alias-index.ts'
import { erasures } from '../../../projections/erasure/erasures.ts'
import { fleet } from '../../../projections/fleet/fleet.ts'
import { aliases } from '../../../projections/tables/aliases.ts'
import { audit, auditRefused } from '../../../projections/tables/audit.ts'
import { channels } from '../../../projections/tables/channels.ts'
import { deviceCredentials } from '../../../projections/tables/device-credentials.ts'
import { deviceSync } from '../../../projections/tables/device-sync.ts'

/** Every projector of Pharos. */
export const projectors: readonly Projector[] = [
  aliases,
  aliasIndex,
  fleet,
  channels,
  audit,
  auditRefused,
  erasures,
  deviceCredentials,
  deviceSync,
]
