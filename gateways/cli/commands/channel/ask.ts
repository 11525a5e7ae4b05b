import type { QueryAnswer, QueryInput, QueryType } from '../../../../schemas/queries/query-data.ts'
import type { Pharos } from '../../../client/index.ts'
import { Failure } from '../../failure.ts'

/** What the read model answers. @throws Failure with what was answered instead. */
export async function ask<T extends QueryType>(client: Pharos, type: T, data: QueryInput<T>): Promise<QueryAnswer<T>> {
  const result = await client.query(type, data)
  if (result.status === 'ok') return result.value
  const faults =
    result.status === 'rejected' ? result.violations.map(({ field, message }) => `${field}: ${message}`) : []
  throw new Failure([result.message, ...faults].join('; '))
}
