import type { AliasQueryInput } from '../../../schemas/queries/alias.ts'
import type { Target } from '../../../schemas/alias.ts'
import type { Pharos } from '../../client/index.ts'
import { formatScope } from '../scope-argument.ts'

/** One question for each level at which a name can be found, all about things that the sample has. */
const QUESTIONS: readonly (AliasQueryInput<'alias.resolve'> & { readonly level: string })[] = [
  { level: 'node', from: { kind: 'node', site: 'SEA', node: 'tower' }, name: 'primary_sensor' },
  { level: 'site', from: { kind: 'node', site: 'SEA', node: 'tower' }, name: 'MAIN_POWER_FEED' },
  { level: 'global', from: { kind: 'node', site: 'SEA', node: 'tower' }, name: 'Master_Clock' },
  { level: 'context', from: { kind: 'context', context: 'frontend' }, name: 'user_profile' },
]

export interface Resolved {
  readonly level: string
  readonly name: string
  readonly from: string
  /** What it stands for, or what was answered instead. */
  readonly answer: string
  readonly ms: number
}

/** Resolves one name at each level, over the query gateway, and takes the time of each. */
export async function resolveSamples(client: Pharos): Promise<Resolved[]> {
  const resolved: Resolved[] = []
  for (const { level, from, name } of QUESTIONS) {
    const started = performance.now()
    const result = await client.query('alias.resolve', { from, name })
    const ms = performance.now() - started
    const answer = result.status === 'ok' ? formatTarget(result.value.target) : result.status
    resolved.push({ level, name, from: formatScope(from), answer, ms: Math.round(ms * 100) / 100 })
  }
  return resolved
}

function formatTarget(target: Target): string {
  return target.kind === 'channel' ? target.channelId : target.url
}
