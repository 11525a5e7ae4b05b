import { Command } from 'commander'
import type { AliasQueryAnswer, AliasQueryInput, AliasQueryType, AliasView } from '../../../../schemas/queries/alias.ts'
import type { QueryResult } from '../../../../schemas/query.ts'
import type { Scope } from '../../../../schemas/scope.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'
import { formatScope, parseScope } from '../../scope-argument.ts'
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

async function answer<T extends AliasQueryType>(
  type: T,
  data: AliasQueryInput<T>,
  { json, asOf }: Pick<Options, 'json' | 'asOf'>,
  humane: (value: AliasQueryAnswer<T>) => string,
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
