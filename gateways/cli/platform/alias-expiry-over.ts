import { expireAlias } from '../../../commands/alias/expire-alias.ts'
import { AliasExpiry } from '../../../projections/alias-expiry/alias-expiry.ts'
import { expiryMetrics } from '../../observability/expiry-metrics.ts'
import type { RoleParts } from './roles/role.ts'

/** What tells the log of aliases that have expired: the same handler as every sender's commands. */
export async function aliasExpiryOver({
  jobs: { aliases, now },
  store,
  metrics,
  logger,
}: Pick<RoleParts, 'jobs' | 'store' | 'metrics' | 'logger'>): Promise<AliasExpiry> {
  const { epoch } = await store.head()
  return new AliasExpiry({
    expire: (due) => expireAlias(due, { aliases, epoch }),
    now,
    onOutcome: expiryMetrics(metrics.registry),
    onFault: (error) => logger.error({ err: error }, 'aliases that have expired could not be cleaned up; trying again'),
  })
}
