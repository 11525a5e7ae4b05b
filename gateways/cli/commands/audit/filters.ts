import type { Command } from 'commander'
import { Option } from 'commander'
import type { QueryInput } from '../../../../schemas/queries/query-data.ts'
import { auditFilter } from '../../../../schemas/queries/audit.ts'
import type { Scope } from '../../../../schemas/scope.ts'
import { parseScope } from '../../scope-argument.ts'

/** The filters as people give them; all that are given must hold. */
export interface AuditFilters {
  readonly actor?: string
  readonly action?: string
  readonly status?: string
  readonly subject?: string
  readonly alias?: string
  readonly scope?: Scope
  readonly from?: string
  readonly to?: string
  readonly archived?: true
}

/** Adds the options of all filters to a command. */
export function withAuditFilters(command: Command): Command {
  return command
    .option('--actor <name>', 'what this one did, or was refused')
    .option('--action <action>', 'such as alias.registered; of refusals such as alias.register')
    .addOption(new Option('--status <status>').choices([...auditFilter.shape.status.unwrap().options]))
    .option('--subject <subject>', 'what was done to one aggregate: evt.alias.site.SEA.main_power_feed')
    .option('--alias <name>', 'who changed this name; its scope is global unless --scope says another')
    .option('--scope <scope>', 'global, site:KSEA, node:KSEA/tower or context:frontend', parseScope)
    .option('--from <time>', 'at or after, such as 2026-03-01T00:00:00Z')
    .option('--to <time>', 'before')
    .option('--archived', 'archived entries, too')
}

/** The filters as a query has them. */
export function auditFilterOf(filters: AuditFilters): QueryInput<'audit.count'> {
  const { actor, action, status, subject, alias, from, to, archived } = filters
  const scope: Scope | undefined = filters.scope ?? (alias === undefined ? undefined : { kind: 'global' })
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(status === undefined ? {} : { status: auditFilter.shape.status.unwrap().parse(status) }),
    ...(subject === undefined ? {} : { subject }),
    ...(alias === undefined ? {} : { alias }),
    ...(scope === undefined ? {} : { scope }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    archived: archived === true,
  }
}
