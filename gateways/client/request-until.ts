import {
  ClosedConnectionError,
  DrainingConnectionError,
  InvalidArgumentError,
  type MsgHdrs,
} from '@nats-io/transport-node'
import { setTimeout as sleep } from 'node:timers/promises'
import { inTime } from './in-time.ts'
import type { NatsLink } from './nats-link.ts'

export interface RequestUntil {
  readonly subject: string
  readonly body: string
  readonly headers: MsgHdrs
  /** Gives up then, milliseconds from now. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Longest wait for one answer before the request is sent again, in milliseconds. */
const ATTEMPT_MS = 5000
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 1000

/**
 * Sends a request until it is answered by something else than `unavailable`, pausing ever longer in between, with jitter.
 * Only for requests that may arrive twice. At the deadline answers `unavailable` with the last reason.
 * @throws the signal's reason when it aborts, and what no repetition can mend: a closed connection, a body too large.
 */
export async function requestUntil(link: NatsLink, request: RequestUntil): Promise<unknown> {
  const { subject, body, headers, timeoutMs, signal } = request
  const deadline = performance.now() + timeoutMs
  let last: unknown = { status: 'unavailable', message: `no answer from ${subject} in time` }
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    const timeout = Math.min(ATTEMPT_MS, deadline - performance.now())
    if (timeout < 1) return last
    try {
      const connection = link.current ?? (await inTime(link.connection(), timeout, signal))
      last = (await inTime(connection.request(subject, body, { timeout, headers }), undefined, signal)).json()
      if (!isUnavailable(last)) return last
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason
      if (FINAL.some((kind) => error instanceof kind)) throw error
      last = { status: 'unavailable', message: `${subject}: ${error instanceof Error ? error.message : String(error)}` }
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2)
    await sleep(
      Math.max(0, Math.min(pause, deadline - performance.now())),
      undefined,
      signal === undefined ? {} : { signal },
    )
  }
}

const FINAL = [ClosedConnectionError, DrainingConnectionError, InvalidArgumentError]

function isUnavailable(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'unavailable'
}
