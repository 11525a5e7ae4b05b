import { hash } from 'node:crypto'
import type { LogMessage } from '../../schemas/log-message.ts'
import type { AuditChain } from './audit-chain.ts'
import { rowText } from './audit-rows.ts'

/** What the rows of a stretch must come to. */
export interface StretchProof {
  readonly entries: number
  /** Hash of the row before the first, and of the last. */
  readonly prevHash: string
  readonly hash: string
  /** Of all columns of all rows; `undefined`: a text alone would not prove them. */
  readonly digest: string | undefined
}

/** Goes on with the chain over the stretch. */
export function stretchProof(chain: AuditChain, messages: Iterable<LogMessage>): StretchProof {
  const prevHash = chain.hash
  let entries = 0
  let text: string | undefined = ''
  for (const message of messages) {
    entries++
    const row = rowText(chain.next(message))
    text = text === undefined || row === undefined ? undefined : text + row
  }
  return { entries, prevHash, hash: chain.hash, digest: text === undefined ? undefined : hash('sha256', text) }
}
