import { decodeLogMessage } from '../../schemas/decode-log-message.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import { auditEntry } from './audit-entry.ts'
import { auditHash, GENESIS } from './audit-hash.ts'
import { type AuditRow, exactTime } from './audit-rows.ts'

/** The rows as they must be, made from the log message by message: each is chained to the one before. */
export class AuditChain {
  #hash: string

  /** @param after hash of the row before the first that is asked for */
  constructor(after = GENESIS) {
    this.#hash = after
  }

  /** Of the last row. */
  get hash(): string {
    return this.#hash
  }

  next({ sequence, subject, data }: LogMessage): AuditRow {
    const entry = auditEntry(decodeLogMessage(sequence, subject, data))
    const prevHash = this.#hash
    this.#hash = auditHash(entry, prevHash)
    return { ...entry, createdAt: exactTime(entry.createdAt), prevHash, hash: this.#hash }
  }
}
