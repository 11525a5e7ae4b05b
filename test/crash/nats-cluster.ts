import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { endProcess } from '../../infra/embedded/end-process.ts'
import { freePort } from '../../infra/embedded/free-port.ts'
import { findNatsServer } from '../../infra/embedded/nats-server-binary.ts'
import { startServerProcess } from '../../infra/embedded/server-process.ts'
import { KEY_FILES, openNatsAuthority } from '../../infra/nats/key-files.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { operatorConfig } from '../../infra/nats/operator-config.ts'
import { afterTests, eventually } from '../support/infrastructure.ts'

interface Node {
  readonly name: string
  readonly port: number
  readonly routePort: number
  pid: number | undefined
}

/** Who is let in, as it stands in a node's configuration and in the URL of a client. */
interface Access {
  config(nodeDir: string): string
  url(port: number): string
}

/** Three nats-servers on loopback that are one cluster, as in production: every stream thrice, every write synced. */
export class NatsCluster {
  readonly #dir: string
  readonly #binary: string
  readonly #access: Access
  readonly #nodes: readonly Node[]

  private constructor(dir: string, binary: string, access: Access, nodes: readonly Node[]) {
    this.#dir = dir
    this.#binary = binary
    this.#access = access
    this.#nodes = nodes
  }

  /**
   * All nodes are up and know each other. Killed and gone when the tests are over.
   * @param mode `operator`: who is let in is said by account JWTs, of which each node has its own copy; the keys are in `keysDir`.
   */
  static async start(mode: 'password' | 'operator' = 'password'): Promise<NatsCluster> {
    const dir = await mkdtemp(join(tmpdir(), 'pharos-cluster-'))
    const { path } = await findNatsServer()
    const access = mode === 'operator' ? await operatorAccess(keysOf(dir)) : passwordAccess()
    const nodes: Node[] = []
    for (const name of ['n1', 'n2', 'n3'])
      nodes.push({ name, port: await freePort(), routePort: await freePort(), pid: undefined })
    const cluster = new NatsCluster(dir, path, access, nodes)
    afterTests(async () => {
      await Promise.all(nodes.map(({ name }) => cluster.kill(name)))
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    })
    await Promise.all(nodes.map(({ name }) => cluster.restart(name)))
    await eventually(() => cluster.#hasLeader(), {
      timeoutMs: 60_000,
      intervalMs: 100,
      what: 'the cluster has a leader',
    })
    return cluster
  }

  get names(): readonly string[] {
    return this.#nodes.map(({ name }) => name)
  }

  /** All nodes, with what it takes to be let in. */
  get url(): string {
    return this.#nodes.map(({ name }) => this.urlOf(name)).join(',')
  }

  /** One node. */
  urlOf(name: string): string {
    return this.#access.url(this.#node(name).port)
  }

  /** Of the operator, and of what the platform proves itself with. */
  get keysDir(): string {
    return keysOf(this.#dir)
  }

  /** Of those that run. */
  async connect(): Promise<NatsConnection> {
    const connection = await connect({
      ...natsConnectOptions(this.url),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    })
    afterTests(() => connection.close())
    return connection
  }

  /** kill -9; resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    const node = this.#node(name)
    if (node.pid !== undefined) await endProcess(node.pid, { signal: 'SIGKILL', timeoutMs: 30_000 })
    node.pid = undefined
  }

  /** Runs no more, and breaks no connection: as behind a switch that has failed. @returns what lets it run on. */
  freeze(name: string): () => void {
    const { pid } = this.#node(name)
    if (pid === undefined) throw new Error(`${name} does not run`)
    process.kill(pid, 'SIGSTOP')
    return () => process.kill(pid, 'SIGCONT')
  }

  /** With the same port and data as before. */
  async restart(name: string): Promise<void> {
    const node = this.#node(name)
    const dir = join(this.#dir, name)
    await mkdir(dir, { recursive: true })
    const config = join(dir, 'nats-server.conf')
    await writeFile(config, this.#config(node))
    const { pid } = await startServerProcess({
      name,
      command: [this.#binary, '--config', config],
      logFile: join(dir, 'nats-server.log'),
      ready: () => canConnect(this.urlOf(name)),
      readyTimeoutMs: 30_000,
      stopSignal: 'SIGTERM',
    })
    node.pid = pid
  }

  #config({ name, port, routePort }: Node): string {
    const routes = this.#nodes.map((node) => `"nats://127.0.0.1:${node.routePort}"`).join(', ')
    return [
      `server_name: ${name}`,
      'host: "127.0.0.1"',
      `port: ${port}`,
      // As in infra/k8s/nats.yaml: of the client's connections and of those between the nodes.
      'ping_interval: "5s"',
      `jetstream { store_dir: "${join(this.#dir, name, 'jetstream')}", sync_interval: always }`,
      `cluster { name: pharos, host: "127.0.0.1", port: ${routePort}, routes: [${routes}] }`,
      this.#access.config(join(this.#dir, name)),
      '',
    ].join('\n')
  }

  async #hasLeader(): Promise<boolean> {
    const connection = await connect(natsConnectOptions(this.url))
    try {
      // Three peers, or three replicas find no place.
      const manager = await jetstreamManager(connection, { timeout: 1_000 })
      await manager.streams.add({ name: 'PROBE', subjects: ['probe'], num_replicas: 3 })
      return await manager.streams.delete('PROBE')
    } finally {
      await connection.close()
    }
  }

  #node(name: string): Node {
    const node = this.#nodes.find((one) => one.name === name)
    if (node === undefined) throw new Error(`no node ${name}`)
    return node
  }
}

function keysOf(dir: string): string {
  return join(dir, 'keys')
}

function passwordAccess(): Access {
  const password = randomBytes(12).toString('hex')
  return {
    config: () => `accounts { PHAROS { jetstream: enabled, users: [{ user: pharos, password: "${password}" }] } }`,
    url: (port) => `nats://pharos:${password}@127.0.0.1:${port}`,
  }
}

async function operatorAccess(keysDir: string): Promise<Access> {
  const authority = await openNatsAuthority(keysDir)
  const creds = join(keysDir, KEY_FILES.platformCreds)
  return {
    config: (nodeDir) => operatorConfig(authority, join(nodeDir, 'accounts')),
    url: (port) => `nats://127.0.0.1:${port}?creds=${creds}`,
  }
}

async function canConnect(url: string): Promise<true | undefined> {
  try {
    const connection = await connect({ ...natsConnectOptions(url), timeout: 500, reconnect: false })
    await connection.close()
    return true
  } catch {
    return undefined
  }
}
