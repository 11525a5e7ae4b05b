import { CentralAway } from '../central/central.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Steps } from '../observe/steps.ts'
import type { FlightPorts } from './flight-ports.ts'

/** Refusals that no repetition would change. Who is not known now may be known later. */
const FOR_EVER = new Set(['foreign_manifest', 'other_mac', 'invalid'])

/** Tells central what became of its manifests, as far as it does not know. What it does not take now stays for the next time. */
export async function sendAcks(
  { central, metrics }: Pick<FlightPorts, 'central' | 'metrics'>,
  ledger: Ledger,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  const pending = await ledger.pendingAcks()
  let left = pending.length
  metrics.pendingAcks.set(left)
  if (left === 0) return
  try {
    await steps.run('acknowledge', async () => {
      for (const { key, ack } of pending) {
        const answer = await central.ack(ack, signal)
        if (answer.status === 'refused') {
          const { code, message } = answer
          steps.logger.error({ manifestId: ack.manifestId, code }, `central refused an ack: ${message}`)
          if (!FOR_EVER.has(code)) continue
        }
        await ledger.confirmed(key)
        metrics.pendingAcks.set(--left)
      }
    })
  } catch (error) {
    if (!(error instanceof CentralAway)) throw error
  }
}
