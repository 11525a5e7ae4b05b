import { Command } from 'commander'
import type { AliasQueryAnswer, AliasQueryInput, AliasQueryType, AliasView } from '../../../../schemas/queries/alias.ts'
import { channelId } from '../../../../schemas/ids.ts'
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
  readonly json?: true
}

const GLOBAL: Scope = { kind: 'global' }
const SCOPES = 'global, site:KSEA, node:KSEA/tower or context:frontend'

/** The commands that look aliases up. */
export function aliasReads(): Command[] {
  return [
    new Command('resolve')
      .description('what a name stands for, seen from a scope: node, then its site, then global')
      .argument('<name>')
      .option('--from <scope>', SCOPES, parseScope, GLOBAL)
      .option('--json')
      .action((name: string, { from, json }: Options) =>
        answer('alias.resolve', { from, name }, json, (alias) => formatTarget(alias.target)),
      ),
    new Command('get')
      .description('one alias with everything that is known of it')
      .argument('<name>')
      .option('--scope <scope>', SCOPES, parseScope, GLOBAL)
      .option('--json')
      .action((name: string, { scope = GLOBAL, json }: Options) => answer('alias.get', { scope, name }, json, details)),
    new Command('ls')
      .description('aliases, by scope and name')
      .option('--scope <scope>', SCOPES, parseScope)
      .option('--prefix <text>', 'names that begin so')
      .option('--target <target>', 'names of this channel or endpoint')
      .option('--limit <n>', 'at most so many', '100')
      .option('--json')
      .action(({ scope, prefix, target, limit, json }: Options) =>
        answer(
          'alias.list',
          {
            limit: Number(limit),
            ...(scope === undefined ? {} : { scope }),
            ...(prefix === undefined ? {} : { prefix }),
            ...(target === undefined ? {} : { target: parseTarget(target) }),
          },
          json,
          ({ aliases, nextCursor }) =>
            [...aliases.map(row), ...(nextCursor === null ? [] : ['… and more: raise --limit'])].join('\n'),
        ),
      ),
    new Command('find')
      .description('aliases of a target, or whose name begins so, in all scopes')
      .argument('<text>', 'the UUID of a channel, a URL, or the beginning of a name')
      .option('--limit <n>', 'at most so many', '100')
      .option('--json')
      .action((text: string, { limit, json }: Options) =>
        answer('alias.list', { limit: Number(limit), ...wanted(text) }, json, ({ aliases, nextCursor }) =>
          aliases.length === 0
            ? `nothing is called or stands for "${text}"`
            : [...aliases.map(row), ...(nextCursor === null ? [] : ['… and more: raise --limit'])].join('\n'),
        ),
      ),
    new Command('history')
      .description('the life of an alias, through its renames')
      .argument('<name>')
      .option('--scope <scope>', SCOPES, parseScope, GLOBAL)
      .option('--json')
      .action((name: string, { scope = GLOBAL, json }: Options) =>
        answer('alias.history', { scope, name }, json, ({ entries }) =>
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

async function answer<T extends AliasQueryType>(
  type: T,
  data: AliasQueryInput<T>,
  json: true | undefined,
  humane: (value: AliasQueryAnswer<T>) => string,
): Promise<void> {
  const client = await openClient()
  try {
    const result = await client.query(type, data)
    if (result.status !== 'ok') throw new Failure(result.message)
    createOutput(json === true).result(result.value, () => humane(result.value))
  } finally {
    await client.close()
  }
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
