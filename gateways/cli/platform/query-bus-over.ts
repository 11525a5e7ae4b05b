import { ReadModel } from '../../../projections/queries/read-model.ts'
import { observeQueryBus } from '../../observability/observe-query-bus.ts'
import { createQueryBus, type QueryBus } from '../../query-bus.ts'
import type { RoleParts } from './roles/role.ts'

/** The bus of all queries over the read model in Postgres. */
export function queryBusOver({
  pool,
  watch,
  policy,
  metrics,
}: Pick<RoleParts, 'pool' | 'watch' | 'policy' | 'metrics'>): QueryBus {
  return observeQueryBus(createQueryBus({ queries: new ReadModel(pool, watch), policy, now: Date.now }), metrics)
}
