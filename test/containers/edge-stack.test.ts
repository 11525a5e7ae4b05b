import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { eventually } from '../support/eventually.ts'
import { type ThrowAwayCa, throwAwayCa } from '../support/throw-away-ca.ts'
import { Compose, inspectContainer, killContainer } from './compose.ts'
import { MINUTES, inContainers } from './in-containers.ts'
import { readyApi } from './ready-api.ts'

const WAIT = { timeoutMs: 5 * MINUTES, intervalMs: 500 }
/** What the certificate of NATS is for, and devices know it by. */
const NATS_NAME = 'nats.pharos.test'
const CHANNEL = '6f1c1c1e-0000-4000-8000-000000000002'

inContainers(
  'a device in containers: provisioned, kept in sync, heard, and restarted and killed as it goes',
  async (t) => {
    t.timeout(30 * MINUTES)
    const authority = await throwAwayCa()
    const central = await startCentral(t, authority)
    const { pharos, provisioned } = await commandLine(t, central)
    await pharos('fleet', 'register', 'company', 'acme', '--name', 'Acme')
    await pharos('fleet', 'register', 'location', 'sea', '--company', 'acme', '--name', 'Seattle')
    await pharos('device', 'register', 'jetson-7', '48:b0:2d:e9:c3:b7', '--location', 'sea')
    await pharos('channel', 'register', 'pressure', '--uuid', CHANNEL, '--device', 'jetson-7')
    await pharos('device', 'provision', 'jetson-7', '--out', '/devices/jetson-7')

    t.regex(await readFile(join(provisioned, 'identity.json'), 'utf8'), new RegExp(`"tls://${NATS_NAME}:4222"`))

    const edge = await startEdge(t, central, { provisioned, ca: authority.ca })
    const [agent = ''] = await edge.containers('edge-agent')
    await eventually(async () => (await inspectContainer(agent, '{{.State.Health.Status}}')) === 'healthy', WAIT)
    t.is(await inspectContainer(agent, '{{.HostConfig.ReadonlyRootfs}} {{.Config.User}}'), 'true 1000:1000')

    const onDevice = psqlOf(edge, 'edge-postgres', 'edge')
    const inCentral = psqlOf(central, 'postgres', 'pharos')
    let areas = 0
    let observations = 0
    /** A change in central arrives in the device's Postgres and is acknowledged; what is observed there arrives in central. */
    const goesOn = async (before: () => Promise<void> = async () => {}): Promise<void> => {
      await pharos('fleet', 'register', 'area', `area-${++areas}`, '--location', 'sea', '--name', 'Somewhere')
      await before()
      await eventually(async () => Number(await onDevice('select count(*) from pharos.areas')) === areas, WAIT)
      t.is(
        await onDevice('select areas.name, devices.device_id from pharos.areas, pharos.devices limit 1'),
        'Somewhere|jetson-7',
      )
      const applied = await onDevice('select manifest_id from pharos_edge.edge_sync_log order by id desc limit 1')
      const acknowledged = `select result from pharos.sync_acknowledgements where manifest_id = '${applied}'`
      await eventually(async () => (await inCentral(acknowledged)) === 'Success', WAIT)
      observations++
      await eventually(async () => (await observe(edge, String(observations))) === 202, WAIT)
      const arrived = `select device from pharos.telemetry where value = ${observations}`
      await eventually(async () => (await inCentral(arrived)) === 'jetson-7', WAIT)
    }
    await goesOn()

    await edge.run('restart', 'edge-agent')
    t.regex(await edge.run('logs', '--no-color', 'edge-agent'), /"msg":"stopped"/)
    await goesOn()

    for (const service of ['edge-agent', 'edge-postgres']) {
      const [container = ''] = await edge.containers(service)
      await killContainer(container)
      await goesOn(async () => void (await edge.run('up', '--detach')))
    }
    t.is(await onDevice("select count(*) from pharos_edge.edge_sync_log where status = 'running'"), '0')
  },
)

/** The platform with a NATS that speaks TLS. */
async function startCentral(t: ExecutionContext, { ca, issue }: ThrowAwayCa): Promise<Compose> {
  const files = ['docker-compose.yml', 'infra/docker/tls.yml'] as const
  const central = await Compose.project(t, { files, env: { PHAROS_NATS_NAME: NATS_NAME } })
  await central.makeSecrets()
  const { cert, key } = await issue(NATS_NAME)
  await central.addSecrets({ nats_ca: ca, nats_cert: cert, nats_key: key })
  await central.run('build')
  await central.run('up', '--detach')
  await readyApi(central)
  return central
}

/** `pharos` as docs/operations.md has it in a container, and the folder where it puts what it provisions. */
async function commandLine(t: ExecutionContext, central: Compose) {
  const devices = await mkdtemp(join(tmpdir(), 'pharos-devices-'))
  t.teardown(() => rm(devices, { recursive: true, force: true }))
  const { uid, gid } = userInfo()
  const inContainer = ['run', '--rm', '--no-deps', '-T', '--env', 'API_HOST=http', '--user', `${uid}:${gid}`]
  return {
    provisioned: join(devices, 'jetson-7'),
    pharos: (...args: readonly string[]) =>
      central.run(...inContainer, '--volume', `${devices}:/devices`, 'http', ...args),
  }
}

/** The device's stack, which reaches central over central's network: the device of another machine has an address for that. */
async function startEdge(
  t: ExecutionContext,
  central: Compose,
  { provisioned, ca }: { readonly provisioned: string; readonly ca: string },
): Promise<Compose> {
  const folder = join(provisioned, 'compose')
  await mkdir(folder)
  const reach = join(folder, 'reach-central.yml')
  const networks = { central: { external: true, name: `${central.name}_default` } }
  await writeFile(reach, JSON.stringify({ services: { 'edge-agent': { networks: ['default', 'central'] } }, networks }))
  const files = ['edge-agent/docker-compose.yml', 'edge-agent/private-ca.yml', reach] as const
  const edge = await Compose.project(t, { files, env: { CENTRAL_URL: 'http://http:8000' } })
  await edge.makeSecrets('edge-agent/make-secrets.sh', provisioned)
  await edge.addSecrets({ nats_ca: ca })
  await edge.run('build')
  await edge.run('up', '--detach')
  return edge
}

/** Asks psql in one of the stack's services for one value. */
function psqlOf(stack: Compose, service: string, database: string): (query: string) => Promise<string> {
  return async (query) => {
    const asked = ['psql', '--user', 'pharos', '--dbname', database, '-Atc', query]
    // Not up, or the table is not there: what is waited for is not yet so.
    return (await stack.run('exec', '-T', service, ...asked).catch(() => '')).trim()
  }
}

/** `POST /observations` at the device: the status. */
async function observe(edge: Compose, value: string): Promise<number> {
  const token = await edge.secret('edge_api_token')
  const answer = await fetch(`${await edge.address('edge-agent', 8100)}/observations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ stream: CHANNEL, value }),
    signal: AbortSignal.timeout(5000),
  })
  return answer.status
}
