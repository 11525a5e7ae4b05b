import type { Bench } from './bench.ts'
import { commandsBench } from './commands/commands-bench.ts'
import { projectBench } from './project/project-bench.ts'
import { resolveBench } from './resolve/resolve-bench.ts'
import { soakBench } from './soak/soak-bench.ts'

/** Every bench by its name. */
export const benches: ReadonlyMap<string, Bench> = new Map([
  ['commands', commandsBench],
  ['project', projectBench],
  ['resolve', resolveBench],
  ['soak', soakBench],
])
