import { randomUUID } from 'node:crypto'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { Write } from '../../commands/event-store.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import type { AliasEvent } from '../../schemas/events/alias.ts'
import { aliasId, channelId } from '../../schemas/ids.ts'
import { commandWrites } from '../log/event-write.ts'

type Registered = Extract<AliasEvent, { type: 'alias.registered' }>['data']

/** An alias that stands in the log, and where. */
export interface Standing {
  readonly data: Registered
  readonly revision: number
}

const CONTEXTS = ['frontend', 'backend', 'system'] as const

/** The `number`-th alias: mostly of channels on nodes of many sites, one in ten of an endpoint in a context. */
export function registered(number: number): Registered {
  const id = newUlid()
  const context = CONTEXTS[number % CONTEXTS.length] ?? 'system'
  const isEndpoint = number % 10 === 9
  return {
    aliasId: aliasId.parse(id),
    scope: isEndpoint
      ? { kind: 'context', context }
      : { kind: 'node', site: `site-${number % 3000}`, node: `gate-${number % 7}` },
    name: `Primary_Sensor_${number}`,
    target: isEndpoint
      ? { kind: 'endpoint', url: `https://${context}.fleet.example/v1/${number}` }
      : { kind: 'channel', channelId: channelId.parse(randomUUID()) },
    owner: 'bench',
    description: number % 3 === 0 ? `Wind sensor number ${number}` : null,
    metadata: number % 4 === 0 ? { floor: number % 12, unit: 'm/s' } : {},
    enabled: true,
    expiresAt: null,
  }
}

export function registration(data: Registered): Write {
  return write('alias.registered', data, 0)
}

/** A change of an alias that stands: it is given another description. */
export function description({ data, revision }: Standing): Write {
  const { aliasId, scope, name, metadata } = data
  return write('alias.described', { aliasId, scope, name, description: `Moved, was ${revision}`, metadata }, revision)
}

function write<T extends AliasEvent['type']>(
  type: T,
  data: Extract<AliasEvent, { type: T }>['data'],
  expectedRevision: number,
): Write {
  const [written] = commandWrites([
    { subject: slotSubject(data.scope, data.name), event: { type, data }, expectedRevision },
  ])
  if (written === undefined) throw new Error('nothing was written')
  return written
}
