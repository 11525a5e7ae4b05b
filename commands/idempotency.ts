import { hash } from 'node:crypto'
import { canonicalJson } from '../schemas/canonical-json.ts'
import type { RecordedEvent } from '../schemas/envelope.ts'

/** How many commands an aggregate remembers: a retry finds its first outcome long after the log's duplicate window. */
export const REMEMBERED_COMMANDS = 64

/** A command that changed an aggregate: enough to know it again. */
export interface RememberedCommand {
  readonly commandId: string
  readonly actor: string
  readonly digest: string
}

/** sha256 over type and data, key order aside: two bodies under one command id are told apart by it. */
export function commandDigest(type: string, data: unknown): string {
  return hash('sha256', `${type}\n${canonicalJson(data)}`)
}

/**
 * The log's own deduplication id of one write. It holds the subject, since the server answers `duplicate` and stores
 * nothing when an id is seen again on any subject; and the actor, so that nobody can spend another's command ids.
 */
export function messageId(actor: string, commandId: string, subject: string): string {
  return hash('sha256', `${actor}\n${commandId}\n${subject}`, 'base64url')
}

export function remember(
  known: readonly RememberedCommand[],
  { envelope }: RecordedEvent,
): readonly RememberedCommand[] {
  const latest = { commandId: envelope.commandid, actor: envelope.actor, digest: envelope.commanddigest }
  // Kept for long, a hundred thousand times: a list made by spreading has room for 16 more.
  return (known.length < REMEMBERED_COMMANDS ? known : known.slice(1 - REMEMBERED_COMMANDS)).concat(latest)
}

/** The command as the first of the aggregates remembers it that does. */
export function recall(
  aggregates: readonly { readonly commands: readonly RememberedCommand[] }[],
  actor: string,
  commandId: string,
): RememberedCommand | undefined {
  for (const { commands } of aggregates)
    for (const command of commands) if (command.commandId === commandId && command.actor === actor) return command
  return undefined
}
