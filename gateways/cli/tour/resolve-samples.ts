import type { Target } from '../../../schemas/alias.ts'
import type { Pharos } from '../../client/index.ts'
import { formatScope } from '../scope-argument.ts'
import { SAMPLE_QUESTIONS } from './sample-questions.ts'

export interface Resolved {
  readonly level: string
  readonly name: string
  readonly from: string
  /** What it stands for, or what was answered instead. */
  readonly answer: string
  readonly ms: number
}

/** Resolves one name at each level, over the query gateway, and takes the time of each. */
export async function resolveSamples(client: Pharos, signal: AbortSignal): Promise<Resolved[]> {
  const resolved: Resolved[] = []
  for (const { level, from, name } of SAMPLE_QUESTIONS) {
    const started = performance.now()
    const result = await client.query('alias.resolve', { from, name }, { signal })
    const ms = performance.now() - started
    const answer = result.status === 'ok' ? formatTarget(result.value.target) : result.status
    resolved.push({ level, name, from: formatScope(from), answer, ms: Math.round(ms * 100) / 100 })
  }
  return resolved
}

function formatTarget(target: Target): string {
  return target.kind === 'channel' ? target.channelId : target.url
}
