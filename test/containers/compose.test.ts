import { ulid } from 'ulid'
import { askHttp, postCommand } from '../crash/post-command.ts'
import { eventually } from '../support/eventually.ts'
import { Compose, inspectContainer, killContainer } from './compose.ts'
import { MINUTES, inContainers } from './in-containers.ts'
import { readyApi } from './ready-api.ts'

inContainers(
  'the composed platform takes commands, answers queries, and goes on when containers are killed',
  async (t) => {
    t.timeout(30 * MINUTES)
    const compose = await Compose.project(t)
    await t.throwsAsync(compose.run('up', '--detach', 'nats', 'postgres'), undefined, 'nothing starts without secrets')
    await compose.run('down', '--volumes')

    await compose.makeSecrets()
    await compose.run('build')
    await compose.run('up', '--detach', '--scale', 'commands=2', '--scale', 'projections=2')
    const api = await readyApi(compose)
    const token = (await compose.run('run', '--rm', '--no-deps', '-T', 'http', 'token', '--role', 'admin')).trim()

    for (const service of ['commands', 'projections', 'telemetry', 'devices', 'http', 'nats', 'postgres'])
      for (const container of await compose.containers(service)) {
        await eventually(async () => (await inspectContainer(container, '{{.State.Health.Status}}')) === 'healthy', {
          timeoutMs: 5 * MINUTES,
          intervalMs: 500,
          what: `${service} is healthy`,
        })
        t.is(await inspectContainer(container, '{{.HostConfig.ReadonlyRootfs}}'), 'true')
      }

    await register(t, api, token, 'Before')
    const [command, projection] = await Promise.all([compose.containers('commands'), compose.containers('projections')])
    await Promise.all([killContainer(command[0] ?? ''), killContainer(projection[0] ?? '')])
    await register(t, api, token, 'Without')

    await killContainer((await compose.containers('http'))[0] ?? '')
    await compose.run('up', '--detach', '--scale', 'commands=2', '--scale', 'projections=2')
    const again = await readyApi(compose)
    await register(t, again, token, 'After')

    // Stopped in an orderly way, a process drains and says so: SIGTERM reaches it.
    const http = (await compose.containers('http'))[0] ?? ''
    await compose.run('stop', 'http')
    t.is(await inspectContainer(http, '{{.State.ExitCode}}'), '0')
    t.regex(await compose.run('logs', '--no-color', 'http'), /"msg":"stopped"/)

    await compose.run('restart', 'nats', 'postgres')
    await compose.run('up', '--detach', '--scale', 'commands=2', '--scale', 'projections=2')
    const restarted = await readyApi(compose)
    for (const name of ['Before', 'Without', 'After']) t.is(await resolved(restarted, token, name), url(name))

    // What runs well is left alone.
    const containers = () =>
      Promise.all(['commands', 'projections', 'http', 'nats'].map((one) => compose.containers(one)))
    const running = await containers()
    await compose.run('up', '--build', '--detach', '--scale', 'commands=2', '--scale', 'projections=2')
    t.deepEqual(await containers(), running)
  },
)

/** Registers an alias with one process and resolves it, wherever that is answered, as soon as it can be seen. */
async function register(t: { is: (a: unknown, b: unknown) => void }, api: string, token: string, name: string) {
  const scope = { kind: 'context', context: 'frontend' }
  const commandId = ulid()
  const data = { scope, name, target: { kind: 'endpoint', url: url(name) } }
  const send = () => postCommand(api, token, 'alias.register', data, commandId)
  const { status, body } = await eventually(async () => ((await send()).status === 200 ? send() : undefined), {
    timeoutMs: 3 * MINUTES,
    intervalMs: 500,
  })
  t.is(status, 200)
  // The second time it is known by its id.
  t.is(body['status'], 'duplicate')
  await eventually(async () => (await resolved(api, token, name)) === url(name), {
    timeoutMs: 3 * MINUTES,
    intervalMs: 200,
  })
}

async function resolved(api: string, token: string, name: string): Promise<unknown> {
  return (await askHttp(`${api}/api/aliases/resolve/frontend/${name}`, token)).body['canonical_name']
}

function url(name: string): string {
  return `https://example.com/${name}`
}
