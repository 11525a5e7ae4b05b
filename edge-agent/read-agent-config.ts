import { type DeviceIdentity, deviceIdentity } from '../schemas/device-sync/messages.ts'
import { ConfigError } from '../schemas/read-config.ts'
import { type AgentConfig, agentEnvironment } from './agent-config.ts'

/** Variables whose value may stand in a file instead, named by `<variable>_FILE`. */
const FROM_FILE = ['DATABASE_URL', 'API_TOKEN', 'CENTRAL_API_KEY'] as const

/**
 * Reads and checks the agent's whole environment, and the device's identity.
 * @throws ConfigError that lists everything that is wrong, never a value.
 */
export function readAgentConfig(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): { readonly config: AgentConfig; readonly identity: DeviceIdentity } {
  const set: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') set[name] = value
  const faults: string[] = []
  const contentOf = (name: string, path: string): string | undefined => {
    try {
      return readFile(path)
    } catch {
      faults.push(`${name}: must name a file that can be read`)
      return undefined
    }
  }
  for (const name of FROM_FILE) {
    const path = set[`${name}_FILE`]
    if (path === undefined) continue
    if (set[name] !== undefined) faults.push(`${name}_FILE: must not be set beside ${name}`)
    else set[name] = contentOf(`${name}_FILE`, path)?.trimEnd() ?? ''
  }
  for (const name of ['NATS_CREDS', 'NATS_CA']) if (set[name] !== undefined) contentOf(name, set[name])
  const identity = identityOf(set['DEVICE_IDENTITY'], contentOf, faults)
  const read = agentEnvironment.safeParse(set)
  if (read.success && identity !== undefined && faults.length === 0) return { config: read.data, identity }
  throw new ConfigError([
    ...faults,
    ...(read.error?.issues ?? []).map(({ path, message }) => `${path[0]?.toString()}: ${message}`),
  ])
}

function identityOf(
  path: string | undefined,
  contentOf: (name: string, path: string) => string | undefined,
  faults: string[],
): DeviceIdentity | undefined {
  const text = path === undefined ? undefined : contentOf('DEVICE_IDENTITY', path)
  if (text === undefined) return undefined
  try {
    return deviceIdentity.parse(JSON.parse(text))
  } catch {
    faults.push('DEVICE_IDENTITY: must name the identity file that "pharos device provision" made')
    return undefined
  }
}
