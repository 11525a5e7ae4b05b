import { setTimeout as sleep } from 'node:timers/promises'
import { errors, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'

export interface Request {
  readonly subject: string
  readonly body: string
  readonly headers: MsgHdrs
  /** In all, tries included. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** One try waits this long at most, so that a server that died with the request in hand costs little. */
const TRY_MS = 5000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

const unavailable = z.looseObject({ status: z.literal('unavailable') })

/**
 * Sends a request until it is answered with something else than `unavailable`, with growing, jittered pauses. Answers
 * the last answer, or `undefined` when there was none in time. Only for requests that may be sent twice.
 * @throws the signal's reason when it aborts, and whatever is not about an answer that is missing.
 */
export async function requestUntilAnswered(
  connection: NatsConnection,
  { subject, body, headers, timeoutMs, signal }: Request,
): Promise<unknown> {
  const deadline = performance.now() + timeoutMs
  let last: unknown
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted()
    const left = deadline - performance.now()
    if (left <= 0) return last
    try {
      const answer: unknown = (
        await connection.request(subject, body, { headers, timeout: Math.min(left, TRY_MS) })
      ).json()
      if (!unavailable.safeParse(answer).success) return answer
      last = answer
    } catch (error) {
      if (!isMissingAnswer(error)) throw error
    }
    const wait = Math.min(pause * (0.5 + Math.random()), deadline - performance.now())
    if (wait > 0) await sleep(wait, undefined, signal === undefined ? {} : { signal })
  }
}

function isMissingAnswer(error: unknown): boolean {
  return (
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoRespondersError ||
    (error instanceof errors.RequestError && error.isNoResponders())
  )
}
