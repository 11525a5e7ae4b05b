/** Something that the user can mend: shown as one sentence, without a stack. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** What to tell a person of an error: its message and its causes' messages. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const parts = error instanceof AggregateError ? error.errors.map(explain) : []
  const own = error.message === '' ? parts.join('; ') || error.name : error.message
  return error.cause instanceof Error && !own.includes(error.cause.message) ? `${own} (${explain(error.cause)})` : own
}
