import type { Envelope } from '../../schemas/envelope.ts'

/** Where refusals are kept: stream `AUDIT`. */
export interface RefusalSink {
  /** Resolves when it is stored. The same envelope sent again is stored once, if that is soon. */
  store(envelope: Envelope): Promise<void>
}
