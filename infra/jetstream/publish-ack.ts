import { z } from 'zod'

/** What the server answered to a message or a batch. */
export type PublishAck =
  /** The last message of `count` stands at `sequence`. */
  | { readonly status: 'stored'; readonly sequence: number; readonly count: number }
  /** The message was stored before, at `sequence`; nothing is stored now. */
  | { readonly status: 'known'; readonly sequence: number }
  /** An expectation does not hold, or a message id is known: read what is there. Nothing is stored. */
  | { readonly status: 'contested'; readonly reason: string }
  /** Nothing is stored, and trying again can help. */
  | { readonly status: 'busy'; readonly reason: string }
  /** Nothing is stored, and trying again cannot help: a fault in settings or code. */
  | { readonly status: 'impossible'; readonly reason: string }

const body = z.object({
  seq: z.int().optional(),
  count: z.int().optional(),
  duplicate: z.boolean().optional(),
  error: z.object({ err_code: z.int().optional(), description: z.string().optional() }).optional(),
})

/** Wrong last sequence: as found in the stream, as found among messages that are not stored yet (mostly with replicas). */
const CONTESTED = new Set([10071, 10164, 10201])
/** Atomic publish off, header not allowed in a batch, batch too large, message too large. */
const IMPOSSIBLE = new Set([10174, 10177, 10199, 10054])

/** Reads the body of an acknowledgement. Whatever it does not know counts as busy: nothing is lost by asking again. */
export function parsePublishAck(json: unknown): PublishAck {
  const parsed = body.safeParse(json)
  if (!parsed.success) return { status: 'busy', reason: 'an acknowledgement that is none' }
  const { seq, count = 1, duplicate, error } = parsed.data
  if (error !== undefined) {
    const code = error.err_code ?? 0
    const reason = `${error.description ?? 'refused'} (${code})`
    if (CONTESTED.has(code)) return { status: 'contested', reason }
    return { status: IMPOSSIBLE.has(code) ? 'impossible' : 'busy', reason }
  }
  if (seq === undefined || seq === 0) return { status: 'busy', reason: 'an acknowledgement without a sequence' }
  return duplicate === true ? { status: 'known', sequence: seq } : { status: 'stored', sequence: seq, count }
}
