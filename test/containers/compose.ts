import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { testPrefix } from '../support/test-prefix.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Any port that is free: an address, and no number. */
const FREE = '127.0.0.1:'
const PORTS = {
  PHAROS_HTTP: FREE,
  PHAROS_NATS: FREE,
  PHAROS_PROMETHEUS: FREE,
  EDGE_API: FREE,
  EDGE_POSTGRES: FREE,
}

interface Stack {
  /** Compose files, from the root of the repository. */
  readonly files: readonly [string, ...string[]]
  readonly env?: NodeJS.ProcessEnv
}

/** A compose file as a project of one test's own: secrets, ports, volumes and names are nobody else's. */
export class Compose {
  readonly #command: readonly [string, ...string[]]
  readonly #env: NodeJS.ProcessEnv
  readonly name = testPrefix()
  readonly secretsDir: string

  private constructor(command: readonly [string, ...string[]], secretsDir: string, { files, env = {} }: Stack) {
    this.#command = command
    this.secretsDir = secretsDir
    this.#env = {
      ...process.env,
      ...PORTS,
      COMPOSE_FILE: files.join(delimiter),
      COMPOSE_PROJECT_NAME: this.name,
      PHAROS_SECRETS_DIR: secretsDir,
      EDGE_SECRETS_DIR: secretsDir,
      // Two that build at once would take the image from beneath each other.
      PHAROS_VERSION: this.name,
      ...env,
    }
  }

  /** With no secrets yet. Taken down with its volumes when the test is over. */
  static async project(t: ExecutionContext, stack: Stack = { files: ['docker-compose.yml'] }): Promise<Compose> {
    const plugin = await run('docker', ['compose', 'version']).then(
      () => true,
      () => false,
    )
    const dir = await mkdtemp(join(tmpdir(), 'pharos-secrets-'))
    const compose = new Compose(plugin ? ['docker', 'compose'] : ['docker-compose'], dir, stack)
    t.teardown(async () => {
      // Of all profiles: those that no command names are left to run otherwise.
      await compose.run('--profile', '*', 'down', '--volumes', '--timeout', '5')
      // Of another stack than this there are none.
      const images = ['pharos', 'pharos-nats', 'pharos-edge'].map((image) => `${image}:${compose.name}`)
      await run('docker', ['image', 'rm', '--force', ...images]).catch(() => undefined)
      await rm(dir, { recursive: true, force: true })
    })
    return compose
  }

  /** With the platform's script, or with that of a device and the folder that `pharos device provision` wrote. */
  makeSecrets(script = 'infra/docker/make-secrets.sh', argument = this.secretsDir): Promise<unknown> {
    return run(join(ROOT, script), [argument], { env: this.#env })
  }

  /** Copies of these files, by the names of the secrets that they are; readable for the users in the containers. */
  async addSecrets(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, file] of Object.entries(files))
      await writeFile(join(this.secretsDir, name), await readFile(file), { mode: 0o444 })
  }

  secret(name: string): Promise<string> {
    return readFile(join(this.secretsDir, name), 'utf8')
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
