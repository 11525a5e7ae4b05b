import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until `probe` answers something that is neither false nor undefined nor null, and answers that.
 * @throws Error after `timeoutMs` (a minute: a limit is for what never comes, not for a busy machine), with the last thing that `probe` threw as its cause.
 */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  options: { readonly timeoutMs?: number; readonly intervalMs?: number; readonly what?: string } = {},
): Promise<Exclude<Value, false | null | undefined>> {
  const { timeoutMs = 60_000, intervalMs = 20, what = probe.toString() } = options
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const value = await probe()
      if (isThere(value)) return value
      cause = undefined
    } catch (error) {
      cause = error
    }
    await sleep(intervalMs)
  } while (performance.now() < deadline)
  throw new Error(`not within ${timeoutMs} ms: ${what}${because(cause)}`, { cause })
}

/** In the message too: what shows a failed test does not always show its cause. */
function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : ''
}

function isThere<Value>(value: Value): value is Exclude<Value, false | null | undefined> {
  return value !== false && value !== null && value !== undefined
}
