import type { Pharos } from '../../client/index.ts'
import { formatScope } from '../scope-argument.ts'
import { SAMPLE_QUESTIONS } from './sample-questions.ts'

/** A name resolved from this process' own memory. */
export interface ResolvedInMemory {
  readonly level: string
  readonly name: string
  readonly from: string
  /** What it stands for; `null` when no such name is there. */
  readonly answer: string | null
  /** Of one call: the middle of many. */
  readonly ns: number
}

const CALLS = 10_000
const SERIES = 15

/** Binds a client to where each of the sample's questions is asked, and resolves from memory. @throws IndexNotReady */
export async function resolveInMemory(client: Pharos, signal: AbortSignal): Promise<ResolvedInMemory[]> {
  const resolved: ResolvedInMemory[] = []
  for (const { level, from, name } of SAMPLE_QUESTIONS) {
    const bound = client.aliases.bind(
      from.kind === 'node' ? { site: from.site, node: from.node } : { context: from.context },
    )
    try {
      await bound.ready({ signal })
      const series = Array.from({ length: SERIES }, () => {
        const started = performance.now()
        for (let call = 0; call < CALLS; call++) bound.resolve(name)
        return ((performance.now() - started) * 1e6) / CALLS
      }).toSorted((a, b) => a - b)
      const answer = bound.resolve(name)?.target ?? null
      resolved.push({ level, name, from: formatScope(from), answer, ns: Math.round(series[SERIES >> 1] ?? 0) })
    } finally {
      await bound.close()
    }
  }
  return resolved
}
