import { headers } from '@nats-io/transport-node'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CheckpointWatch } from '../../projections/wait-for-position.ts'
import { JetStreamEventLog } from '../../infra/jetstream/jetstream-event-log.ts'
import { createPool } from '../../infra/postgres/pool.ts'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { mustBeStored } from '../commands/must-be-stored.ts'
import { cpuSeconds } from '../measure/cpu-seconds.ts'
import { load } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { startNode } from '../servers/start-node.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { aliasCommand, companyCommands, type OperateCommand, userCommands } from './operate-commands.ts'
import { startTraceSink } from './trace-sink.ts'

const SERVER = fileURLToPath(new URL('operate-server.ts', import.meta.url))
const SECRET_KEY = 'only-for-this-bench-on-this-machine'
const IN_FLIGHT = 256
/** So many come before those that are counted: the audit, which goes in steps of its pace, has got into its stride then. */
const LEAD = 8_000
/** Longest that the audit may take to catch up afterwards, in milliseconds. */
const CATCH_UP_MS = 60_000
/** Share of traces that are recorded: as docs/operations.md advises. */
const SAMPLED = '0.1'
/** One command in so many is about people, half of them about somebody new; the others register aliases. */
const PEOPLE = 10

/** Two installations, of which one is under load at a time: all that operating needs is on, or off. */
type Variant = 'on' | 'off'

interface Sender {
  /** CPU time of its processes so far, in seconds: the command server's first. */
  readonly cpu: () => Promise<readonly number[]>
  /** Commands as they come: nearly all about aliases. */
  readonly mixed: () => Promise<void>
  /** Commands about people only, where every one is sealed and every other one makes a key. */
  readonly people: () => Promise<void>
  /** Resolves when its audit has come to the end of its log: nothing is left to be done beside somebody else's commands. */
  readonly settled: () => Promise<void>
}

export const operateBench: Bench = {
  summary: 'commands with audit, tracing and encryption on, beside the same with all of it off',
  minutes: 15,
  async run(context) {
    const sink = await startTraceSink()
    try {
      await withInstallation('off', context, sink.url, (off) =>
        withInstallation('on', context, sink.url, (on) => measure({ off, on }, context)),
      )
      context.note(`${sink.bytes()} bytes of traces`)
    } finally {
      await sink[Symbol.asyncDispose]()
    }
  },
}

async function measure(senders: Readonly<Record<Variant, Sender>>, { report, note, signal }: BenchContext) {
  const rounds = wholeNumber('BENCH_ROUNDS', 9)
  const commands = wholeNumber('BENCH_COMMANDS', 20_000)
  const seen: Readonly<Record<'mixed' | 'people', Readonly<Record<Variant, number>>>>[] = []
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted()
    const cpu: Record<string, string> = {}
    const rates = { mixed: { off: 0, on: 0 }, people: { off: 0, on: 0 } }
    for (const kind of ['mixed', 'people'] as const)
      // In turns, the first of a round being the second of the next.
      for (const variant of round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
        const { cpu: cpuOf, settled, [kind]: send } = senders[variant]
        await load(LEAD, IN_FLIGHT, send)
        const before = await cpuOf()
        rates[kind][variant] = Math.round((await load(commands, IN_FLIGHT, send)).perSecond)
        const used = (await cpuOf()).map((seconds, i) => seconds - (before[i] ?? 0))
        await settled()
        cpu[`${kind} ${variant}`] = used.map((seconds) => Math.round((seconds / commands) * 1e6)).join(' + ')
      }
    // The first is for warming up: code is compiled and caches are warm then.
    if (round > 0) seen.push(rates)
    note(`round ${round} of ${rounds}: ${JSON.stringify(rates)}; µs of CPU per command: ${JSON.stringify(cpu)}`)
  }
  for (const [figure, kind] of [
    ['operate.overhead', 'mixed'],
    ['operate.people', 'people'],
  ] as const) {
    const rate = (variant: Variant): number => median(seen.map((one) => one[kind][variant]))
    report({ figure, value: rate('on'), unit: 'commands/s', ceiling: rate('off') })
  }
}

async function withInstallation(
  variant: Variant,
  context: BenchContext,
  traces: string,
  work: (sender: Sender) => Promise<void>,
): Promise<void> {
  await withServers({ ...context, dir: join(context.dir, variant) }, async (servers) => {
    const { natsUrl, databaseUrl, connection } = servers
    const env = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY, MASTER_KEY: SECRET_KEY }
    const traced = {
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: traces,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: SAMPLED,
    }
    await using children = new AsyncDisposableStack()
    const start = async (role: readonly string[], set: NodeJS.ProcessEnv): Promise<number> =>
      children.use(await startNode([SERVER, ...role], set, context.signal)).pid
    const pids =
      variant === 'off'
        ? [await start(['commands', 'plain'], env)]
        : [await start(['commands', 'sealed'], traced), await start(['audit'], env)]
    const sender = await senderOver(connection, variant)
    const settled = variant === 'off' ? () => Promise.resolve() : await auditOver(servers, children)
    await work({ ...sender, settled, cpu: () => Promise.all(pids.map(cpuSeconds)) })
  })
}

async function auditOver(
  { connection, databaseUrl }: Servers,
  children: AsyncDisposableStack,
): Promise<Sender['settled']> {
  const log = await JetStreamEventLog.open(connection, 'EVENTS')
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'bench', onError: () => undefined })
  children.defer(() => pool.end())
  const watch = new CheckpointWatch(pool)
  return async () => {
    const reached = await watch.waitForPosition('audit', await log.head(), { timeoutMs: CATCH_UP_MS })
    if (reached.status !== 'reached') throw new Error(`the audit did not catch up: ${JSON.stringify(reached)}`)
  }
}

async function senderOver(
  connection: Servers['connection'],
  variant: Variant,
): Promise<Pick<Sender, 'mixed' | 'people'>> {
  const token = await issueToken(secretKeyBytes(SECRET_KEY), {
    sub: 'bench',
    roles: ['operator'],
    ttlSeconds: 3600,
    issuer: 'pharos',
    audience: 'pharos',
    at: Date.now(),
  })
  const sent = headers()
  sent.set('Authorization', `Bearer ${token}`)
  for (const company of companyCommands()) await send(company)
  // A person is changed only when they are registered: each that waits for an answer has people of its own.
  const idle: (() => OperateCommand)[] = []
  let made = 0
  let number = 0
  const people = async (): Promise<void> => {
    const next = idle.pop() ?? userCommands(`${variant}-${++made}`)
    await send(next())
    idle.push(next)
  }
  return { people, mixed: () => (number++ % PEOPLE === 0 ? people() : send(aliasCommand())) }

  async function send({ subject, body }: OperateCommand): Promise<void> {
    const reply = await connection.request(subject, body, { timeout: 10_000, headers: sent })
    mustBeStored(reply.string())
  }
}
