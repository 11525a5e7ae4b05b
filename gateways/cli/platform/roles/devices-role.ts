import { credsAuthenticator } from '@nats-io/transport-node'
import { JetStreamPayloads } from '../../../../infra/jetstream/jetstream-payloads.ts'
import { AccountResolver } from '../../../../infra/nats/account-resolver.ts'
import { keepAccounts } from '../../../../infra/nats/keep-accounts.ts'
import type { NatsAuthority } from '../../../../infra/nats/nats-authority.ts'
import { startDeviceService } from '../../../devices/device-service.ts'
import { keepRevoked } from '../../../devices/keep-revoked.ts'
import { PayloadCache } from '../../../devices/payload-cache.ts'
import type { KeyRevocations } from '../../../devices/revocations-due.ts'
import { WakeHints } from '../../../devices/wake-hints.ts'
import { deviceMetrics } from '../../../observability/device-metrics.ts'
import { closeNats, connectNatsAs } from '../connect-nats.ts'
import { Failure } from '../../failure.ts'
import { version } from '../version.ts'
import type { RoleParts } from './role.ts'

/** Payloads kept in memory, in bytes, and how many are read at once. */
const PAYLOADS = { bytes: 128 * 1024 * 1024, abreast: 8 }

/**
 * Role `devices`: answers devices over NATS, tells them of news, and sees to it that revoked credentials stay out. Without
 * the keys for it, as where NATS is not in operator mode, it does nothing and says so; it is an error if that is all that
 * this process does.
 */
export async function startDevicesRole(parts: RoleParts): Promise<AsyncDisposable> {
  const { connection, deviceKeys, logger, book, bus, metrics, devicePorts: ports, config } = parts
  const { authority } = deviceKeys
  const observed = deviceMetrics(metrics.registry, book, Date.now)
  if (authority === undefined || ports === undefined) {
    const missing = authority === undefined ? 'nats_authority' : 'manifest_keys'
    const message = `there is no ${missing} in PHAROS_KEYS_DIR: no device is served over NATS ("pharos keys init" makes keys)`
    if (config.PHAROS_ROLES.length === 1) throw new Failure(message)
    logger.warn(message)
    return { [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  await using started = new AsyncDisposableStack()
  const stopping = new AbortController()
  started.defer(() => stopping.abort())

  const revoke = await openRevoker(parts, authority, started)
  const kept = keepRevoked({
    book,
    bus,
    revoke,
    now: Date.now,
    signal: stopping.signal,
    onError(error) {
      observed.revocationFailed()
      logger.error({ err: error }, 'revoked credentials are not known to be out yet; trying again')
    },
  })
  started.defer(async () => {
    stopping.abort()
    await kept
  })

  const wakes = new WakeHints(connection, (error) => logger.warn({ err: error }, 'devices are not told of news'))
  started.defer(() => wakes.stop())
  await book.ready
  const service = await startDeviceService({
    ...ports,
    connection,
    devicesAccount: authority.devices,
    book,
    payloads: new PayloadCache(await JetStreamPayloads.open(connection), PAYLOADS),
    logger,
    version,
    onAnswer: observed.answered,
  })
  started.defer(() => service.stop())
  const running = started.move()
  return { [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Speaks to the servers as the one user who may replace account JWTs, over a connection of its own. */
async function openRevoker(
  { natsUrl, logger }: RoleParts,
  authority: NatsAuthority,
  started: AsyncDisposableStack,
): Promise<(due: KeyRevocations) => Promise<void>> {
  const creds = credsAuthenticator(new TextEncoder().encode(authority.claimsCreds))
  const connection = await connectNatsAs(natsUrl, 'pharos accounts', creds)
  started.defer(() => closeNats(connection))
  const resolver = new AccountResolver(connection)
  return async (due) => {
    const changed = await keepAccounts(resolver, authority, due)
    if (changed.length > 0)
      logger.info({ accounts: changed, revocations: Object.keys(due.revocations).length }, 'accounts of NATS updated')
  }
}
