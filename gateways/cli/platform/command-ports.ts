import type { Pool } from 'pg'
import { newUlid } from '../../../schemas/new-ulid.ts'
import { aliasesUnder } from '../../../commands/alias/aliases.ts'
import { aliasJobs } from '../../../commands/alias-jobs/alias-jobs.ts'
import type { JobPorts } from '../../../commands/alias-jobs/job-ports.ts'
import { auditArchives } from '../../../commands/audit/audit-archives.ts'
import { fleet } from '../../../commands/fleet/fleet.ts'
import { channels } from '../../../commands/channel/channels.ts'
import { apiKeys } from '../../../commands/access/api-keys.ts'
import { deviceCredentials } from '../../../commands/device-credential/device-credentials.ts'
import { signingKeys } from '../../../commands/signing-key/signing-keys.ts'
import type { AccessPolicy } from '../../../commands/access-policy.ts'
import { type CommandBus, createCommandBus } from '../../../commands/command-bus.ts'
import type { CommandHandler } from '../../../commands/command-handler.ts'
import type { EventStore } from '../../../commands/event-store.ts'
import { commandHandler } from '../../../commands/handle-command.ts'
import { FleetReferrers } from '../../../infra/postgres/fleet-referrers.ts'
import type { CheckpointWatch } from '../../../projections/wait-for-position.ts'
import type { Config } from '../../../schemas/config.ts'

/**
 * The bus with every kind of aggregate that senders give commands to, and what imports, rollbacks and erasures work with.
 * `tables`: the read model, which says what refers to a thing of the fleet; without it nothing can be removed that may be referred to.
 */
export async function commandPortsOver(
  store: EventStore,
  policy: AccessPolicy,
  { ALIAS_LOOKALIKES: lookAlikes }: Pick<Config, 'ALIAS_LOOKALIKES'>,
  tables?: { readonly pool: Pool; readonly watch: CheckpointWatch },
): Promise<{ readonly bus: CommandBus; readonly jobs: JobPorts; readonly fleet: CommandHandler }> {
  const { epoch } = await store.head()
  const now = Date.now
  const ports = { store, policy, epoch, now, newId: newUlid, source: '/pharos' }
  const aliases = commandHandler(aliasesUnder(lookAlikes), ports)
  const referrers = tables && { referrers: new FleetReferrers(tables.pool, tables.watch, epoch) }
  const jobs = commandHandler(aliasJobs, ports)
  const ofFleet = commandHandler(fleet, { ...ports, ...referrers })
  return {
    bus: createCommandBus([
      aliases,
      commandHandler(apiKeys, ports),
      commandHandler(auditArchives, ports),
      commandHandler(deviceCredentials, ports),
      commandHandler(signingKeys, ports),
      ofFleet,
      commandHandler(channels, ports),
    ]),
    jobs: { store, aliases, jobs, policy, lookAlikes, now },
    fleet: ofFleet,
  }
}
