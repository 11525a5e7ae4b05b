import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { testPrefix } from '../support/test-prefix.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** `docker-compose.yml` as a project of one test's own: secrets, ports, volumes and names are nobody else's. */
export class Compose {
  readonly #command: readonly [string, ...string[]]
  readonly #env: NodeJS.ProcessEnv
  readonly secretsDir: string

  private constructor(command: readonly [string, ...string[]], secretsDir: string) {
    this.#command = command
    this.secretsDir = secretsDir
    // Ports with an address and no number: any that is free.
    const ports = { PHAROS_HTTP: '127.0.0.1:', PHAROS_NATS: '127.0.0.1:', PHAROS_PROMETHEUS: '127.0.0.1:' }
    this.#env = {
      ...process.env,
      ...ports,
      COMPOSE_PROJECT_NAME: testPrefix(),
      PHAROS_SECRETS_DIR: secretsDir,
      PHAROS_VERSION: 'test',
    }
  }

  /** With no secrets yet. Taken down with its volumes when the test is over. */
  static async project(t: ExecutionContext): Promise<Compose> {
    const plugin = await run('docker', ['compose', 'version']).then(
      () => true,
      () => false,
    )
    const dir = await mkdtemp(join(tmpdir(), 'pharos-secrets-'))
    const compose = new Compose(plugin ? ['docker', 'compose'] : ['docker-compose'], dir)
    t.teardown(async () => {
      await compose.run('down', '--volumes', '--timeout', '5')
      await rm(dir, { recursive: true, force: true })
    })
    return compose
  }

  makeSecrets(): Promise<unknown> {
    return run(join(ROOT, 'infra/docker/make-secrets.sh'), [this.secretsDir])
  }

  /** @throws Error with what compose wrote when it fails. */
  async run(...args: readonly string[]): Promise<string> {
    const [file, ...before] = this.#command
    const { stdout } = await run(file, [...before, ...args], { cwd: ROOT, env: this.#env, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  }

  /** `http://…` of a service's port as this machine reaches it. */
  async address(service: string, port: number): Promise<string> {
    return `http://${(await this.run('port', service, String(port))).trim()}`
  }

  /** The containers of a service that exist, running or not. */
  async containers(service: string): Promise<readonly string[]> {
    return (await this.run('ps', '--quiet', service)).trim().split('\n')
  }
}

/** kill -9 of everything in the container. */
export async function killContainer(id: string): Promise<void> {
  await run('docker', ['kill', '--signal', 'KILL', id])
}

/** One fact about a container, by Docker's template. */
export async function inspectContainer(id: string, template: string): Promise<string> {
  return (await run('docker', ['inspect', '--format', template, id])).stdout.trim()
}
