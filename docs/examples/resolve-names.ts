/**
 * Resolves names from memory and tells of their changes until Ctrl-C.
 *
 *     node docs/examples/resolve-names.ts KSEA gate-4 Main_Power_Feed Master_Clock
 *
 * `NATS_URL` says where (`nats://user:password@host:4222`), `PHAROS_TOKEN` who; without changes to make, any token does.
 * In a project of your own, import from 'pharos'.
 */
import { connectPharos } from '../../gateways/client/index.ts'

const [site, node, ...names] = process.argv.slice(2)
if (site === undefined || node === undefined) throw new Error('usage: resolve-names.ts <site> <node> <name>…')
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const { host, username, password } = new URL(process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222')
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const pharos = await connectPharos({
  servers: host,
  natsOptions: username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
  token: process.env['PHAROS_TOKEN'] ?? 'resolving needs none',
  // Names of last time are there even when NATS is not.
  aliases: {
    directory: process.env['PHAROS_NAMES_DIR'] ?? '.pharos-names',
    onFault: ({ code, message }) => process.stderr.write(`${code}: ${message}\n`),
  },
})
const aliases = pharos.aliases.bind({ site, node })
await aliases.ready({ signal: stop.signal, timeoutMs: 30_000 })

for (const name of names) {
  const alias = aliases.resolve(name)
  say(alias === undefined ? `${name}: nothing` : `${name}: ${alias.kind} ${alias.target} (${alias.scope.kind})`)
}

aliases.onAlias(({ change, scope, name, old, new: now }) =>
  say(`${change} ${name} (${scope.kind}): ${old?.target ?? '-'} → ${now?.target ?? '-'}`),
)
stop.signal.addEventListener('abort', () => void pharos.close())
