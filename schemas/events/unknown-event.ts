/** An event of a name or schema version that this code does not know: no poison, the reader must be upgraded. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError'
  readonly eventType: string

  constructor(eventType: string) {
    super(`event ${eventType} is newer than this version of Pharos knows`)
    this.eventType = eventType
  }
}
