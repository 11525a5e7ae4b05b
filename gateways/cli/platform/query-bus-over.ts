import { PastAliases } from '../../../projections/as-of/past-aliases.ts'
import { ReadModel } from '../../../projections/queries/read-model.ts'
import { observeQueryBus } from '../../observability/observe-query-bus.ts'
import { createQueryBus, type QueryBus } from '../../query-bus.ts'
import type { RoleParts } from './roles/role.ts'

/** The bus of all queries over the read model in Postgres, and over the log for what was. */
export function queryBusOver({
  pool,
  watch,
  history,
  policy,
  metrics,
}: Pick<RoleParts, 'pool' | 'watch' | 'history' | 'policy' | 'metrics'>): QueryBus {
  const queries = new ReadModel(pool, watch)
  const past = new PastAliases(history, pool)
  return observeQueryBus(createQueryBus({ queries, past, policy, now: Date.now }), metrics)
}
