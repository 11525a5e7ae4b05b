import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { startEmbeddedPostgres } from '../../infra/embedded/embedded-postgres.ts'
import { endProcess } from '../../infra/embedded/end-process.ts'
import { freePort } from '../../infra/embedded/free-port.ts'
import { findNatsServer } from '../../infra/embedded/nats-server-binary.ts'
import { startServerProcess } from '../../infra/embedded/server-process.ts'
import { operatorConfig } from '../../infra/nats/operator-config.ts'
import { KEY_FILES, openNatsAuthority } from '../../infra/nats/key-files.ts'
import { natsConnectOptions } from '../../infra/nats/nats-connect-options.ts'
import { afterTests } from '../support/infrastructure.ts'
import type { IssuedCertificate, ThrowAwayCa } from '../support/throw-away-ca.ts'

/** A NATS that takes TLS with a client certificate and operator-mode credentials, and nothing less. */
export async function securedNats(
  { ca, issue }: ThrowAwayCa,
  client: IssuedCertificate,
): Promise<{ readonly url: string; readonly creds: string }> {
  const dir = await scratch()
  const [server, authority, port] = [await issue('nats'), await openNatsAuthority(dir), await freePort()]
  const [config, creds] = [join(dir, 'nats-server.conf'), join(dir, KEY_FILES.platformCreds)]
  const tls = `cert_file: "${server.cert}", key_file: "${server.key}", ca_file: "${ca}", verify: true`
  const jetstream = `jetstream { store_dir: "${join(dir, 'jetstream')}" }`
  await writeFile(
    config,
    [
      'host: "127.0.0.1"',
      `port: ${port}`,
      jetstream,
      `tls { ${tls} }`,
      operatorConfig(authority, join(dir, 'accounts')),
    ].join('\n'),
  )
  const url = `nats://127.0.0.1:${port}`
  const files = { NATS_CA: ca, NATS_CERT: client.cert, NATS_KEY: client.key, NATS_CREDS: creds }
  const { pid } = await startServerProcess({
    name: 'nats-server',
    command: [(await findNatsServer()).path, '--config', config],
    logFile: join(dir, 'nats-server.log'),
    ready: () => isUp(url, files),
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
  })
  afterTests(() => endProcess(pid, { signal: 'SIGTERM', timeoutMs: 30_000 }))
  return { url, creds }
}

/** A Postgres that speaks TLS. @returns its URL, without a word about TLS. */
export async function securedPostgres({ issue }: ThrowAwayCa): Promise<string> {
  const dir = await scratch()
  const server = await issue('postgres')
  await chmod(server.key, 0o600)
  const settings = { ssl: 'on', ssl_cert_file: server.cert, ssl_key_file: server.key }
  const postgres = await startEmbeddedPostgres({ dataDir: dir, durable: false, settings })
  afterTests(() => postgres.stop())
  return postgres.url
}

async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-tls-'))
  afterTests(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

async function isUp(url: string, files: Parameters<typeof natsConnectOptions>[1]): Promise<true | undefined> {
  try {
    const connection = await connect({ ...natsConnectOptions(url, files), timeout: 1_000, reconnect: false })
    await connection.close()
    return true
  } catch {
    return undefined
  }
}
