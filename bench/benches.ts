import type { Bench } from './bench.ts'
import { commandsBench } from './commands/commands-bench.ts'
import { importBench } from './import/import-bench.ts'
import { projectBench } from './project/project-bench.ts'
import { soakBench } from './soak/soak-bench.ts'

/** Every bench by its name. */
export const benches: ReadonlyMap<string, Bench> = new Map([
  ['commands', commandsBench],
  ['import', importBench],
  ['project', projectBench],
  ['soak', soakBench],
])
