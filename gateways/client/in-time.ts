/**
 * The work's own outcome. What waits in it goes on, unheard, when this throws first.
 * @throws the signal's reason when it aborts, and an Error after so many milliseconds, if there is a limit.
 */
export async function inTime<T>(work: Promise<T>, timeoutMs: number | undefined, signal?: AbortSignal): Promise<T> {
  if (timeoutMs === undefined && signal === undefined) return work
  work.catch(() => undefined)
  signal?.throwIfAborted()
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const late = (): void => reject(new Error(`no answer within ${timeoutMs} ms`))
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
  try {
    return await Promise.race([work, ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
