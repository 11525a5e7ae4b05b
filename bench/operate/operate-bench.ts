import { headers } from '@nats-io/transport-node'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { issueToken } from '../../gateways/authentication/issue-token.ts'
import { secretKeyBytes } from '../../gateways/authentication/secret-key.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { load } from '../measure/load.ts'
import { median } from '../measure/median.ts'
import { wholeNumber } from '../measure/whole-number.ts'
import { startNode } from '../servers/start-node.ts'
import { type Servers, withServers } from '../servers/with-servers.ts'
import { startTraceSink } from './trace-sink.ts'
import { userCommands } from './user-commands.ts'

const SERVER = fileURLToPath(new URL('operate-server.ts', import.meta.url))
const SECRET_KEY = 'only-for-this-bench-on-this-machine'
const IN_FLIGHT = 256
const WARM_UP = 20_000
const COMMANDS = 20_000

/** What of operating is on. */
interface Features {
  readonly audit?: true
  readonly encryption?: true
  /** Share of traces that are recorded, as text; absent: there are none. */
  readonly tracing?: string
}

/** Every variant has servers of its own, and only one is under load at a time. */
const VARIANTS = {
  off: {},
  on: { audit: true, encryption: true, tracing: '0.1' },
  encryption: { encryption: true },
  tracing: { tracing: '0.1' },
  tracing_all: { tracing: '1' },
  audit: { audit: true },
} as const satisfies Record<string, Features>

type Variant = keyof typeof VARIANTS

/** Commands about people, half of them about somebody new: with everything on that operating needs, and without. */
export const operateBench: Bench = {
  summary: 'commands about people with audit, tracing and encryption on, beside the same with all of it off',
  minutes: 15,
  async run(context) {
    const { report, note, signal } = context
    const rounds = wholeNumber('BENCH_ROUNDS', 5)
    await using stack = new AsyncDisposableStack()
    const sink = stack.use(await startTraceSink())
    const seen = new Map<Variant, number[]>()
    const senders = new Map<Variant, () => Promise<void>>()
    const ending = Promise.withResolvers<void>()
    const running: Promise<void>[] = []
    stack.defer(async () => {
      ending.resolve()
      await Promise.all(running)
    })
    for (const variant of Object.keys(VARIANTS) as Variant[]) {
      const ready = Promise.withResolvers<void>()
      const servers = withServers({ ...context, dir: join(context.dir, variant) }, async (own) => {
        await using children = new AsyncDisposableStack()
        senders.set(variant, await serve(variant, own, sink.url, context, children))
        ready.resolve()
        await ending.promise
      })
      servers.catch(ready.reject)
      running.push(servers)
      await ready.promise
      seen.set(variant, [])
    }
    for (const [variant, send] of senders) {
      signal.throwIfAborted()
      note(`warming up ${variant}: ${Math.round((await load(WARM_UP, IN_FLIGHT, send)).perSecond)} commands/s`)
    }
    for (let round = 1; round <= rounds; round++) {
      const now: Partial<Record<Variant, number>> = {}
      for (const [variant, send] of senders) {
        signal.throwIfAborted()
        const { perSecond } = await load(COMMANDS, IN_FLIGHT, send)
        seen.get(variant)?.push(perSecond)
        now[variant] = Math.round(perSecond)
      }
      note(`round ${round} of ${rounds}: ${JSON.stringify(now)}; ${sink.bytes()} bytes of traces so far`)
    }
    const rate = (variant: Variant): number => median(seen.get(variant) ?? [])
    const figures = {
      overhead: 'on',
      encryption: 'encryption',
      tracing: 'tracing',
      tracing_all: 'tracing_all',
      audit: 'audit',
    } as const
    for (const [figure, variant] of Object.entries(figures))
      report({ figure: `operate.${figure}`, value: rate(variant), unit: 'commands/s', ceiling: rate('off') })
  },
}

async function serve(
  variant: Variant,
  { natsUrl, databaseUrl, connection }: Servers,
  traces: string,
  { signal }: BenchContext,
  children: AsyncDisposableStack,
): Promise<() => Promise<void>> {
  const { audit, encryption, tracing }: Features = VARIANTS[variant]
  const env = { NATS_URL: natsUrl, DATABASE_URL: databaseUrl, SECRET_KEY, MASTER_KEY: SECRET_KEY }
  const traced = {
    OTEL_EXPORTER_OTLP_ENDPOINT: traces,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: tracing ?? '',
  }
  const store = encryption === true ? 'sealed' : 'plain'
  const all = tracing === undefined ? env : { ...env, ...traced }
  children.use(await startNode([SERVER, 'commands', store], all, signal))
  if (audit === true) children.use(await startNode([SERVER, 'audit'], env, signal))
  return sender(connection, variant)
}

async function sender(connection: Servers['connection'], variant: Variant): Promise<() => Promise<void>> {
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
  // A person is changed only when they are registered: each sender waits for its answers, so each has people of its own.
  const idle: (() => ReturnType<ReturnType<typeof userCommands>>)[] = []
  let made = 0
  return async () => {
    const next = idle.pop() ?? userCommands(`${variant}-${++made}`)
    const { subject, body } = next()
    const reply = await connection.request(subject, body, { timeout: 10_000, headers: sent })
    const answer = reply.string()
    if (!answer.startsWith('{"status":"accepted"')) throw new Error(`the command was answered ${answer}`)
    idle.push(next)
  }
}
