import { newUlid } from '../../../schemas/new-ulid.ts'
import { aliases } from '../../../commands/alias/aliases.ts'
import { auditArchives } from '../../../commands/audit/audit-archives.ts'
import { apiKeys } from '../../../commands/access/api-keys.ts'
import type { AccessPolicy } from '../../../commands/access-policy.ts'
import { type CommandBus, createCommandBus } from '../../../commands/command-bus.ts'
import type { EventStore } from '../../../commands/event-store.ts'
import { commandHandler } from '../../../commands/handle-command.ts'

/** The bus with every kind of aggregate that Pharos has. */
export async function commandBusOver(store: EventStore, policy: AccessPolicy): Promise<CommandBus> {
  const { epoch } = await store.head()
  const ports = { store, policy, epoch, now: Date.now, newId: newUlid, source: '/pharos' }
  return createCommandBus([
    commandHandler(aliases, ports),
    commandHandler(apiKeys, ports),
    commandHandler(auditArchives, ports),
  ])
}
