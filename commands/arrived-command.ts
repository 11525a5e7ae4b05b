import type { Actor } from '../schemas/actor.ts'

/** One arrived command: a type from the subject or path, a body as it came, an actor from the credential. */
export interface ArrivedCommand {
  readonly type: string
  readonly body: unknown
  readonly actor: Actor
  /** W3C trace context to carry into the events. */
  readonly traceparent?: string
  /** Ties this command to others of one business action; defaults to the command id. */
  readonly correlationId?: string
}
