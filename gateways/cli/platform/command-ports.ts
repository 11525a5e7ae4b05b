import { newUlid } from '../../../schemas/new-ulid.ts'
import { aliasesUnder } from '../../../commands/alias/aliases.ts'
import { aliasJobs } from '../../../commands/alias-jobs/alias-jobs.ts'
import type { JobPorts } from '../../../commands/alias-jobs/job-ports.ts'
import { auditArchives } from '../../../commands/audit/audit-archives.ts'
import { channels } from '../../../commands/channel/channels.ts'
import { apiKeys } from '../../../commands/access/api-keys.ts'
import type { AccessPolicy } from '../../../commands/access-policy.ts'
import { type CommandBus, createCommandBus } from '../../../commands/command-bus.ts'
import type { EventStore } from '../../../commands/event-store.ts'
import { commandHandler } from '../../../commands/handle-command.ts'
import type { Config } from '../../../schemas/config.ts'

/** The bus with every kind of aggregate that senders give commands to, and what imports and rollbacks work with. */
export async function commandPortsOver(
  store: EventStore,
  policy: AccessPolicy,
  { ALIAS_LOOKALIKES: lookAlikes }: Pick<Config, 'ALIAS_LOOKALIKES'>,
): Promise<{ readonly bus: CommandBus; readonly jobs: JobPorts }> {
  const { epoch } = await store.head()
  const now = Date.now
  const ports = { store, policy, epoch, now, newId: newUlid, source: '/pharos' }
  const aliases = commandHandler(aliasesUnder(lookAlikes), ports)
  const jobs = commandHandler(aliasJobs, ports)
  return {
    bus: createCommandBus([
      aliases,
      commandHandler(apiKeys, ports),
      commandHandler(auditArchives, ports),
      commandHandler(channels, ports),
    ]),
    jobs: { store, aliases, jobs, policy, lookAlikes, now },
  }
}
