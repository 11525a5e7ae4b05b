import { Command } from 'commander'
import type { AliasQueryInput, AliasView } from '../../../../schemas/queries/alias.ts'
import { channelId } from '../../../../schemas/ids.ts'
import type { Scope } from '../../../../schemas/scope.ts'
import { formatScope, parseScope } from '../../scope-argument.ts'
import { answer } from './answer-query.ts'
import { formatTarget, parseTarget } from './target-argument.ts'

interface Options {
  readonly scope?: Scope
  readonly from: Scope
  readonly prefix?: string
  readonly target?: string
  readonly limit?: string
  readonly asOf?: string
  readonly json?: true
}

const GLOBAL: Scope = { kind: 'global' }
const AS_OF = ['--as-of <when>', 'as of a time (RFC 3339) or a position'] as const
const SCOPES = 'global, site:KSEA, node:KSEA/tower or context:frontend'

/** The commands that look aliases up. */
export function aliasReads(): Command[] {
  return [
    new Command('resolve')
      .description('what a name stands for, seen from a scope: node, then its site, then global')
      .argument('<name>')
      .option('--from <scope>', SCOPES, parseScope, GLOBAL)
      .option(...AS_OF)
      .option('--json')
      .action((name: string, { from, ...options }: Options) =>
        answer('alias.resolve', { from, name }, options, (alias) => formatTarget(alias.target)),
      ),
    new Command('get')
      .description('one alias with everything that is known of it')
      .argument('<name>')
      .option('--scope <scope>', SCOPES, parseScope, GLOBAL)
      .option(...AS_OF)
      .option('--json')
      .action((name: string, { scope = GLOBAL, ...options }: Options) =>
        answer('alias.get', { scope, name }, options, details),
      ),
    new Command('ls')
      .description('aliases, by scope and name')
      .option('--scope <scope>', SCOPES, parseScope)
      .option('--prefix <text>', 'names that begin so')
      .option('--target <target>', 'names of this channel or endpoint')
      .option('--limit <n>', 'at most so many', '100')
      .option(...AS_OF)
      .option('--json')
      .action(({ scope, prefix, target, limit, ...options }: Options) =>
        answer(
          'alias.list',
          {
            limit: Number(limit),
            ...(scope === undefined ? {} : { scope }),
            ...(prefix === undefined ? {} : { prefix }),
            ...(target === undefined ? {} : { target: parseTarget(target) }),
          },
          options,
          ({ aliases, nextCursor }) =>
            [...aliases.map(row), ...(nextCursor === null ? [] : ['… and more: raise --limit'])].join('\n'),
        ),
      ),
    new Command('find')
      .description('aliases of a target, or whose name begins so, in all scopes')
      .argument('<text>', 'the UUID of a channel, a URL, or the beginning of a name')
      .option('--limit <n>', 'at most so many', '100')
      .option('--json')
      .action((text: string, { limit, ...options }: Options) =>
        answer('alias.list', { limit: Number(limit), ...wanted(text) }, options, ({ aliases, nextCursor }) =>
          aliases.length === 0
            ? `nothing is called or stands for "${text}"`
            : [...aliases.map(row), ...(nextCursor === null ? [] : ['… and more: raise --limit'])].join('\n'),
        ),
      ),
    new Command('history')
      .description('the life of an alias, through its renames')
      .argument('<name>')
      .option('--scope <scope>', SCOPES, parseScope, GLOBAL)
      .option(...AS_OF)
      .option('--json')
      .action((name: string, { scope = GLOBAL, ...options }: Options) =>
        answer('alias.history', { scope, name }, options, ({ entries }) =>
          entries
            .map(({ sequence, time, actor, type }) => `${String(sequence).padStart(8)}  ${time}  ${type}  by ${actor}`)
            .join('\n'),
        ),
      ),
  ]
}

function wanted(text: string): AliasQueryInput<'alias.list'> {
  const isTarget = /^https?:/i.test(text) || channelId.safeParse(text).success
  return isTarget ? { target: parseTarget(text) } : { prefix: text }
}

function row({ scope, name, target, enabled, expiresAt }: AliasView): string {
  const flags = `${enabled ? '' : '  (disabled)'}${expiresAt === null ? '' : `  (until ${expiresAt})`}`
  return `${formatScope(scope).padEnd(24)} ${name.padEnd(24)} ${formatTarget(target)}${flags}`
}

function details(alias: AliasView): string {
  return Object.entries({
    name: alias.name,
    scope: formatScope(alias.scope),
    target: formatTarget(alias.target),
    id: `${alias.number} (${alias.aliasId})`,
    state: alias.enabled ? 'enabled' : 'disabled',
    expires: alias.expiresAt ?? 'never',
    owner: alias.owner,
    description: alias.description ?? '',
    metadata: JSON.stringify(alias.metadata),
    registered: `${alias.registeredAt} by ${alias.registeredBy}`,
    updated: alias.updatedAt,
    revision: String(alias.revision),
  })
    .map(([label, value]) => `${label.padEnd(12)}${value}`)
    .join('\n')
}
