import type { LogMessage } from '../../schemas/log-message.ts'
import { PackedMessages } from './packed-messages.ts'

/** Part of the log: the messages after a position and up to another, packed. */
export interface AuditStretch {
  readonly after: number
  readonly until: number
  readonly packed: Uint8Array<ArrayBuffer>
}

/** Messages and bytes of a stretch; one that is larger alone is a stretch of its own. */
const MOST = 2_000
const MOST_BYTES = 4 * 1024 * 1024

/** The log in stretches that join, up to `end`: a row that was added may have any position. */
export async function* auditStretches(
  batches: AsyncIterable<readonly LogMessage[]>,
  end: number,
): AsyncGenerator<AuditStretch, void> {
  let after = Number.MIN_SAFE_INTEGER
  let messages = new PackedMessages()
  for await (const batch of batches)
    for (const message of batch) {
      messages.add(message)
      const until = message.sequence
      if (until === end || (messages.count < MOST && messages.bytes < MOST_BYTES)) continue
      yield { after, until, packed: messages.packed }
      after = until
      messages = new PackedMessages()
    }
  yield { after, until: end, packed: messages.packed }
}
