import { randomUUID } from 'node:crypto'
import type { EventStore, Write } from '../../commands/event-store.ts'
import { aliasId, channelId } from '../../schemas/ids.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { Scope } from '../../schemas/scope.ts'
import { registration } from '../project/alias-events.ts'

const SITES = 50
const NODES = 40
const CHUNK = 1000
const IN_FLIGHT = 3

/** The `number`-th name: one in ten is global, the others are spread over 40 nodes of 50 sites. */
export function fleetName(number: number): { readonly scope: Scope; readonly name: string } {
  const name = `Primary_Sensor_${number}`
  if (number % 10 === 0) return { scope: { kind: 'global' }, name }
  return { scope: { kind: 'node', site: `site-${number % SITES}`, node: `gate-${(number * 7) % NODES}` }, name }
}

/** Writes the registrations of so many names (a multiple of 1,000) to the log, as the command path would have. */
export async function fillFleet(store: EventStore, names: number, signal: AbortSignal): Promise<void> {
  let chunk = 0
  async function writer(): Promise<void> {
    while (chunk < names / CHUNK) {
      signal.throwIfAborted()
      const first = chunk++ * CHUNK
      const appended = await store.append(Array.from({ length: CHUNK }, (_, i) => registrationOf(first + i)))
      if (appended.status !== 'appended') throw new Error(`the log cannot be filled: ${JSON.stringify(appended)}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer))
}

function registrationOf(number: number): Write {
  return registration({
    ...fleetName(number),
    aliasId: aliasId.parse(newUlid()),
    target: { kind: 'channel', channelId: channelId.parse(randomUUID()) },
    owner: 'bench',
    description: null,
    metadata: {},
    enabled: true,
    expiresAt: null,
  })
}
