import { setTimeout as sleep } from 'node:timers/promises'
import { derivedCommandId } from '../../commands/derived-command-id.ts'
import type { CommandBus } from '../../commands/command-bus.ts'
import { Backoff } from '../../projections/backoff.ts'
import type { Actor } from '../../schemas/actor.ts'
import { actorId, type CommandId } from '../../schemas/ids.ts'
import type { CredentialBook } from './credential-book.ts'
import { type KeyRevocations, revocationsDue } from './revocations-due.ts'

export interface KeepRevokedOptions {
  readonly book: Pick<CredentialBook, 'ready' | 'onChange' | 'endedKeys' | 'due'>
  readonly bus: Pick<CommandBus, 'dispatch'>
  /** Makes NATS go by it. Rejects when it cannot now. */
  readonly revoke: (due: KeyRevocations) => Promise<void>
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly signal: AbortSignal
  /** Not done yet; it is tried again. */
  readonly onError: (error: unknown) => void
}

/** However nothing changes, what stands is compared with what should, this often: two processes, or a restored server. */
const COMPARE_MS = 30_000
const ACTOR: Actor = { id: actorId.parse('pharos:device-credentials'), roles: ['admin'] }

/**
 * Sees to it that what was revoked stays out: public keys at NATS, API keys in the log, and the credentials of devices
 * that were decommissioned. Any number of processes may; all that they do is the same twice. Resolves when `signal` aborts.
 */
export async function keepRevoked(options: KeepRevokedOptions): Promise<void> {
  const { book, signal, onError } = options
  await book.ready
  const backoff = new Backoff(100, 5_000)
  const settled = new Set<CommandId>()
  let changed = Promise.withResolvers<void>()
  const unlisten = book.onChange(() => changed.resolve())
  while (!signal.aborted) {
    const change = changed.promise
    try {
      await options.revoke(revocationsDue(book.endedKeys(), options.now()))
      await settle(options, settled)
      backoff.reset()
      const idle = new AbortController()
      const over = AbortSignal.any([signal, idle.signal])
      await Promise.race([change, sleep(COMPARE_MS, undefined, { signal: over }).catch(() => undefined)])
      idle.abort()
    } catch (error) {
      if (!signal.aborted) onError(error)
      await backoff.wait(signal)
    }
    changed = Promise.withResolvers()
  }
  unlisten()
}

/** Sends what is due as commands, each once; sent again by another process, each is the same command. */
async function settle({ book, bus, signal }: KeepRevokedOptions, settled: Set<CommandId>): Promise<void> {
  const { devices, apiKeys } = book.due()
  for (const [deviceId, sequence] of devices)
    await send('device-credential.revoke', { deviceId, reason: 'the device was decommissioned' }, String(sequence))
  for (const apiKeyId of apiKeys) await send('access.revoke-api-key', { apiKeyId }, '')

  async function send(type: string, data: Readonly<Record<string, string>>, cause: string): Promise<void> {
    const commandId = derivedCommandId(type, JSON.stringify(data), cause)
    if (signal.aborted || settled.has(commandId)) return
    const result = await bus.dispatch({ type, body: { commandId, data }, actor: ACTOR })
    // A key that was never issued needs no revoking.
    const isNone = result.status === 'rejected' && result.code.endsWith('_not_found')
    if (!isNone && result.status !== 'accepted' && result.status !== 'duplicate')
      throw new Error(`${type} was answered "${result.status}": ${result.message}`)
    settled.add(commandId)
  }
}
