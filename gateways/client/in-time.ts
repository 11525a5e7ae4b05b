/**
 * The work's own outcome. What waits in it goes on, unheard, when this throws first.
 * @throws the signal's reason when it aborts, and an Error after so many milliseconds.
 */
export async function inTime<T>(work: Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T> {
  work.catch(() => undefined)
  signal?.throwIfAborted()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([work, ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
