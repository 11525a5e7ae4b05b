import { type AuditLine, auditQueryAnswer } from '../../schemas/queries/audit.ts'
import type { QueryResult } from '../../schemas/query.ts'

/** Asks for the page after `cursor`; for the first without. */
export type AskAudit = (cursor: string | undefined) => Promise<QueryResult>

/** Entries of one page and where the next one begins, or what there is instead of it. */
export type FirstPage =
  | { readonly status: 'ok'; readonly pages: AsyncGenerator<readonly AuditLine[], void> }
  | Exclude<QueryResult, { status: 'ok' }>

/**
 * All pages of a list, one in memory at a time, the first of which was asked for already: what is refused is known
 * before anything is sent. @throws Error when a later page cannot be had.
 */
export async function auditPages(ask: AskAudit): Promise<FirstPage> {
  const first = await ask(undefined)
  return first.status === 'ok' ? { status: 'ok', pages: all(first.value, ask) } : first
}

async function* all(first: unknown, ask: AskAudit): AsyncGenerator<readonly AuditLine[], void> {
  let { entries, nextCursor } = auditQueryAnswer['audit.list'].parse(first)
  yield entries
  while (nextCursor !== null) {
    const next = await ask(nextCursor)
    if (next.status !== 'ok') throw new Error(`the audit cannot be read on: ${next.message}`)
    ;({ entries, nextCursor } = auditQueryAnswer['audit.list'].parse(next.value))
    yield entries
  }
}
