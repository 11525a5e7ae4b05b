/** Errors that come of writing to a reader that has gone, or of what was ended for that. */
const OF_CLOSING = new Set(['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ABORT_ERR'])

const closed = new AbortController()

/** Aborts when whoever reads standard output has had enough, as `head` does. */
export const pipeClosed: AbortSignal = closed.signal

/** From now on a reader that goes is no fault: the command ends as if it were interrupted, and with 0. To be called once. */
export function watchPipes(): void {
  process.stdout.on('error', (error) => {
    if (!hasCode(error, 'EPIPE')) throw error
    closed.abort()
  })
  // Nobody is left to be told anything.
  process.stderr.on('error', (error) => {
    if (!hasCode(error, 'EPIPE')) throw error
  })
}

/** Whether an error says nothing but that the reader has gone. */
export function isOfClosedPipe(error: unknown): boolean {
  return (
    closed.signal.aborted && error instanceof Error && (error.name === 'AbortError' || hasCode(error, ...OF_CLOSING))
  )
}

function hasCode(error: Error, ...codes: readonly string[]): boolean {
  return 'code' in error && codes.some((code) => error.code === code)
}
