import type { LedgerState } from '../ledger/ledger.ts'
import { judgeAnswer, type Verdict } from '../trust/judge-answer.ts'
import type { FlightPorts } from './flight-ports.ts'
import type { Run } from './run.ts'

/** Asks central what this device must be, and judges the answer. @throws CentralAway, Refusal. */
export async function askCentral(
  { central, identity, catalogue, maxBytes, now }: FlightPorts,
  run: Run,
  { applied, keysVersion, isWhole }: LedgerState & { readonly isWhole: boolean },
  signal: AbortSignal,
): Promise<Verdict> {
  const { steps } = run
  const raw = await steps.run('request', () =>
    central.sync(
      {
        // What is not whole any more is asked for as if it had never been.
        ...(applied === undefined || !isWhole ? {} : { manifestId: applied.manifestId }),
        schemaVersion: Math.max(...catalogue.keys()),
        ...steps.traceparent,
      },
      signal,
    ),
  )
  const id = manifestIdOf(raw)
  if (id !== undefined) run.about(id)
  return steps.run(
    'judge',
    () =>
      judgeAnswer(raw, {
        deviceId: identity.deviceId,
        rootKey: identity.rootKey,
        catalogue,
        applied,
        isWhole,
        keysVersion,
        maxBytes,
        now: now(),
      }),
    ({ status }) => ({ verdict: status }),
  )
}

/** What the answer is about, before it is believed: for logs and the ledger. */
function manifestIdOf(raw: unknown): string | undefined {
  const { manifest, manifestId } = (raw ?? {}) as { manifest?: { manifestId?: unknown }; manifestId?: unknown }
  const id = manifest?.manifestId ?? manifestId
  return typeof id === 'string' && id.length <= 26 ? id : undefined
}
