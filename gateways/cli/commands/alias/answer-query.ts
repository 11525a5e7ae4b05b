import type { QueryAnswer, QueryInput, QueryType } from '../../../../schemas/queries/query-data.ts'
import type { QueryResult } from '../../../../schemas/query.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'

interface AnswerOptions {
  readonly json?: true
  /** A position or a time: the answer as it was then. */
  readonly asOf?: string
}

/** Asks the read model once and tells the answer. @throws Failure with what was answered instead. */
export async function answer<T extends QueryType>(
  type: T,
  data: QueryInput<T>,
  { json, asOf }: AnswerOptions,
  humane: (value: QueryAnswer<T>) => string,
): Promise<void> {
  const client = await openClient()
  try {
    const result = await client.query(type, data, asOf === undefined ? {} : { asOf })
    if (result.status !== 'ok') throw new Failure(describe(result))
    createOutput(json === true).result(result.value, () => humane(result.value))
  } finally {
    await client.close()
  }
}

function describe(result: Exclude<QueryResult, { status: 'ok' }>): string {
  if (result.status !== 'rejected') return result.message
  return [result.message, ...result.violations.map(({ field, message }) => `${field}: ${message}`)].join('; ')
}
