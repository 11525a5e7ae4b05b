import { setTimeout as sleep } from 'node:timers/promises'
import { createCaslPolicy } from '../../commands/access/casl-policy.ts'
import { MasterKeys } from '../../commands/personal/master-keys.ts'
import { openLog } from '../../gateways/cli/platform/open-log.ts'
import { commandPortsOver } from '../../gateways/cli/platform/command-ports.ts'
import type { ManifestReports } from '../../projections/device-manifest/manifest-ports.ts'
import { actorId } from '../../schemas/ids.ts'
import { newUlid } from '../../schemas/new-ulid.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { type OwnServers, withServers } from '../servers/with-servers.ts'
import { fillFleet } from './fill-fleet.ts'
import { type FleetSize, userCount, userName } from './fleet-plan.ts'
import { watchManifests } from './manifest-watch.ts'
import { rawManifestSeconds } from './raw-manifests.ts'
import { runFleet } from './run-fleet.ts'

const MASTER_KEY = 'only-for-this-bench-on-this-machine'

/** One user changed, and everything that every device which sees that user must then have. */
export const fanoutBench: Bench = {
  summary: '10,000 devices in 100 locations of 1,000 users; one user in 10 of them changes (BENCH_DEVICES in each)',
  minutes: 15,
  run: (context) => withServers(context, (servers) => measure(servers, context)),
}

interface Round {
  readonly seconds: number
  readonly raw: number
  readonly chunks: number
  /** Most that one device has to fetch: its manifest, and every new chunk of its location. */
  readonly bytes: number
}

type Built = Parameters<Required<ManifestReports>['built']>[0]

async function measure({ connection, databaseUrl, keysDir }: OwnServers, context: BenchContext): Promise<void> {
  const { report, note, signal } = context
  const size: FleetSize = {
    locations: 100,
    devicesPerLocation: wholeNumber('BENCH_DEVICES', 100),
    usersPerLocation: 1_000,
    spread: 10,
  }
  const rounds = wholeNumber('BENCH_ROUNDS', 5)
  const store = await openLog(connection, new MasterKeys([MASTER_KEY]))
  const devices = size.locations * size.devicesPerLocation
  note(`writing the events of ${devices} devices and ${userCount(size)} users`)
  await fillFleet(store, size, signal)
  note('the log is written')

  const first = await watchManifests(connection, devices, signal)
  let built: Built[] = []
  const started = performance.now()
  const reports: ManifestReports = { built: (location) => void built.push(location) }
  await using _ = await runFleet({ connection, log: store, databaseUrl, keysDir, reports, note })
  await first.published
  note(
    `first manifests of all devices after ${((performance.now() - started) / 1000).toFixed(1)} s, projection included`,
  )

  const { bus } = await commandPortsOver(store, createCaslPolicy(), { ALIAS_LOOKALIKES: 'refuse' })
  const rename = async (round: number): Promise<void> => {
    const data = { userId: userName(round * 7), name: `Renamed ${newUlid()}` }
    const result = await bus.dispatch({
      type: 'user.change',
      body: { commandId: newUlid(), data },
      actor: { id: actorId.parse('bench'), roles: ['admin'] },
    })
    if (result.status !== 'accepted') throw new Error(`the user was not changed: ${JSON.stringify(result)}`)
  }
  const affected = size.spread * size.devicesPerLocation
  const seen: Round[] = []
  let row = 0
  for (let round = 0; round <= rounds; round++) {
    built = []
    const watch = await watchManifests(connection, affected, signal)
    const from = performance.now()
    await rename(round)
    const { bytes, manifests } = await watch.published
    const seconds = (performance.now() - from) / 1000
    const chunk = manifests[0]?.tables.find(({ name }) => name === 'users')?.chunks[0]
    row = chunk === undefined ? 0 : chunk.bytes / chunk.rows
    // The builder tells of a location when it has also written down what it did.
    while (built.length < size.spread) await sleep(10, undefined, { signal })
    const raw = await rawManifestSeconds(connection, affected, median([...bytes.values()]))
    const chunks = sum(built.map((one) => one.chunks))
    if (round > 0)
      seen.push({
        seconds,
        raw,
        chunks,
        bytes: Math.max(...bytes.values()) + Math.max(...built.map((one) => one.bytes)),
      })
    note(`round ${round} of ${rounds}: ${JSON.stringify(seen.at(-1) ?? 'to warm up')}`)
  }
  const of = (figure: keyof Round): number => median(seen.map((one) => one[figure]))
  report({ figure: 'fanout.all_manifests', value: of('seconds'), unit: 's', ceiling: of('raw') })
  report({ figure: 'fanout.chunks_built', value: of('chunks'), unit: 'chunks', ceiling: size.spread })
  report({ figure: 'fanout.bytes_per_device', value: of('bytes'), unit: 'B', ceiling: row })
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)
