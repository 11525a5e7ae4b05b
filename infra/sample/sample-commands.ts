import type { Target } from '../../schemas/alias.ts'
import { derivedCommandId } from '../../commands/derived-command-id.ts'
import type { CommandId } from '../../schemas/ids.ts'
import type { Scope } from '../../schemas/scope.ts'
import type { Airport } from './airports.ts'
import { sampleChannel } from './sample-channel.ts'

/** One command of the sample. Its id comes from its content, so a load that was cut off is finished, not repeated. */
export interface SampleCommand {
  readonly type: 'alias.register'
  readonly commandId: CommandId
  readonly data: {
    readonly scope: Scope
    readonly name: string
    readonly target: Target
    readonly description?: string
    readonly metadata?: Record<string, string | number>
  }
}

/** Nodes of every sample site. */
export const SAMPLE_NODES = ['tower', 'terminal'] as const

/** Endpoints as the three contexts call them: the same name may mean another address in each. */
const ENDPOINTS: Record<string, Record<string, string>> = {
  frontend: { user_profile: '/v1/users/profile', departures: '/v1/flights/departures', site_map: '/v1/sites/map' },
  backend: { user_profile: '/internal/users', departures: '/internal/flights', telemetry: '/internal/telemetry' },
  system: { health: '/healthz', metrics: '/metrics', telemetry: '/system/telemetry' },
}

/** Real sites, named as people would name them: per site a feed, per node a sensor, one clock, and endpoints by context. */
export function* sampleCommands(sites: readonly Airport[]): Generator<SampleCommand> {
  yield register({ kind: 'global' }, 'Master_Clock', channel('Master_Clock'), 'The time that every site keeps')
  for (const [context, endpoints] of Object.entries(ENDPOINTS))
    for (const [name, path] of Object.entries(endpoints))
      yield register({ kind: 'context', context }, name, {
        kind: 'endpoint',
        url: `https://${context}.fleet.example${path}`,
      })
  for (const { iata: site, name, city, state, latitude, longitude } of sites) {
    const feed = register(
      { kind: 'site', site },
      'Main_Power_Feed',
      channel('Main_Power_Feed', site),
      `Mains of ${name}, ${city}`,
    )
    yield { ...feed, data: { ...feed.data, metadata: { city, state, latitude, longitude } } }
    for (const node of SAMPLE_NODES)
      yield register(
        { kind: 'node', site, node },
        'Primary_Sensor',
        channel('Primary_Sensor', site, node),
        `Wind sensor at the ${node}`,
      )
  }
}

function register(scope: Scope, name: string, target: Target, description?: string): SampleCommand {
  const data = { scope, name, target, ...(description === undefined ? {} : { description }) }
  return { type: 'alias.register', commandId: derivedCommandId('pharos sample', JSON.stringify([scope, name])), data }
}

function channel(...path: readonly string[]): Target {
  return { kind: 'channel', channelId: sampleChannel(...path) }
}
