import type { Aliases } from '../../gateways/client/aliases/aliases.ts'
import { type AliasesOptions, type TakenVersion } from '../../gateways/client/aliases/aliases.ts'
import type { IndexFault } from '../../gateways/client/aliases/index-fault.ts'
import { connectPharos, type Pharos } from '../../gateways/client/index.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { afterTests } from '../support/infrastructure.ts'

export const A = '0b8f3a52-8a0e-4c4e-9d75-1f1f6a0e0001'
export const B = '0b8f3a52-8a0e-4c4e-9d75-1f1f6a0e0002'
export const C = '0b8f3a52-8a0e-4c4e-9d75-1f1f6a0e0003'

/** Load from other tests must not show: waits for a state end as soon as it is there. */
export const PATIENT = { timeoutMs: 60_000 }

export interface AliasClient {
  readonly pharos: Pharos
  readonly aliases: Aliases
  readonly faults: readonly IndexFault[]
  readonly versions: readonly TakenVersion[]
}

/** A client of the alias index, closed when the tests are over. */
export async function aliasClient(natsUrl: string, options: AliasesOptions = {}): Promise<AliasClient> {
  const { servers, ...natsOptions } = natsConnectOptions(natsUrl)
  const faults: IndexFault[] = []
  const versions: TakenVersion[] = []
  const pharos = await connectPharos({
    servers,
    natsOptions: { ...natsOptions, reconnectTimeWait: 50, reconnectJitter: 10 },
    token: 'resolving needs none',
    aliases: { ...options, onFault: (fault) => faults.push(fault), onVersion: (version) => versions.push(version) },
  })
  afterTests(() => pharos.close())
  return { pharos, aliases: pharos.aliases, faults, versions }
}
