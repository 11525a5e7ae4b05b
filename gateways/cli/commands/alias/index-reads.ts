import { Command, InvalidArgumentError } from 'commander'
import type { IndexScope } from '../../../../schemas/alias-index.ts'
import type { IndexChange, IndexedAlias } from '../../../../schemas/queries/alias-index.ts'
import { formatScope, parseScope } from '../../scope-argument.ts'
import { answer } from './answer-query.ts'
import { formatTarget } from './target-argument.ts'

interface Options {
  readonly scope: IndexScope
  readonly limit: number
  readonly json?: true
}

const GLOBAL: IndexScope = { kind: 'global' }
const SCOPES = 'global, site:KSEA (with its nodes) or context:frontend'

/** The commands that look at the versions of the alias index. */
export function indexReads(): Command[] {
  return [
    new Command('versions')
      .description("the versions of a scope's index, newest first")
      .option('--scope <scope>', SCOPES, parseIndexScope, GLOBAL)
      .option('--limit <n>', 'at most so many', wholeNumber, 20)
      .option('--json')
      .action(({ scope, limit, ...options }: Options) =>
        answer('alias.versions', { scope, limit }, options, ({ versions, nextCursor }) =>
          [
            ...versions.map(
              ({ version, position, publishedAt }) =>
                `${`v${version}`.padStart(8)}  ${publishedAt}  as of position ${position}`,
            ),
            ...(versions.length === 0 ? ['no version yet'] : []),
            ...(nextCursor === null ? [] : ['… and older ones: raise --limit']),
          ].join('\n'),
        ),
      ),
    new Command('diff')
      .description("what changed in a scope's index between two versions")
      .argument('<from>', 'a version', wholeNumber)
      .argument('<to>', 'a version', wholeNumber)
      .option('--scope <scope>', SCOPES, parseIndexScope, GLOBAL)
      .option('--limit <n>', 'at most so many', wholeNumber, 100)
      .option('--json')
      .action((from: number, to: number, { scope, limit, ...options }: Options) =>
        answer('alias.diff', { scope, from, to, limit }, options, ({ changes, nextCursor }) =>
          [
            ...changes.map(changeLine),
            ...(changes.length === 0 && nextCursor === null ? ['nothing is different'] : []),
            ...(nextCursor === null ? [] : ['… and more: raise --limit']),
          ].join('\n'),
        ),
      ),
  ]
}

const SIGNS = { added: '+', changed: '~', removed: '-' } as const

function changeLine({ kind, scope, before, after }: IndexChange): string {
  const name = after?.name ?? before?.name ?? ''
  const was = kind === 'changed' && before !== null ? `${entryText(before, name)} → ` : ''
  return `${SIGNS[kind]} ${formatScope(scope).padEnd(24)} ${name.padEnd(24)} ${was}${entryText(after ?? before, name)}`
}

function entryText(entry: IndexedAlias | null, shown: string): string {
  if (entry === null) return ''
  const spelling = entry.name === shown ? '' : `${entry.name}: `
  return `${spelling}${formatTarget(entry.target)}${entry.expiresAt === null ? '' : ` (until ${entry.expiresAt})`}`
}

function parseIndexScope(text: string): IndexScope {
  const scope = parseScope(text)
  if (scope.kind !== 'node') return scope
  throw new InvalidArgumentError(`a node is in the index of its site: site:${scope.site}`)
}

function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(text)) throw new InvalidArgumentError('a whole number above 0')
  return Number(text)
}
