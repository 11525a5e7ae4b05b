import type { Bench } from './bench.ts'
import { auditBench } from './audit/audit-bench.ts'
import { commandsBench } from './commands/commands-bench.ts'
import { edgeLoadBench } from './edge-load/edge-load-bench.ts'
import { edgeStoreBench } from './edge-store/edge-store-bench.ts'
import { fanoutBench } from './fanout/fanout-bench.ts'
import { fleetBench } from './fleet/fleet-bench.ts'
import { importBench } from './import/import-bench.ts'
import { ingestBench } from './ingest/ingest-bench.ts'
import { indexBench } from './index/index-bench.ts'
import { indexGrowthBench } from './index/index-growth-bench.ts'
import { operateBench } from './operate/operate-bench.ts'
import { projectBench } from './project/project-bench.ts'
import { replayBench } from './replay/replay-bench.ts'
import { resolveBench } from './resolve/resolve-bench.ts'
import { soakBench } from './soak/soak-bench.ts'
import { telemetryBench } from './telemetry/telemetry-bench.ts'

/** Every bench by its name. */
export const benches: ReadonlyMap<string, Bench> = new Map([
  ['audit', auditBench],
  ['commands', commandsBench],
  ['edge-load', edgeLoadBench],
  ['edge-store', edgeStoreBench],
  ['fanout', fanoutBench],
  ['fleet', fleetBench],
  ['import', importBench],
  ['index', indexBench],
  ['index-growth', indexGrowthBench],
  ['ingest', ingestBench],
  ['operate', operateBench],
  ['project', projectBench],
  ['replay', replayBench],
  ['resolve', resolveBench],
  ['soak', soakBench],
  ['telemetry', telemetryBench],
])
