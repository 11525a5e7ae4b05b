import { readFileSync } from 'node:fs'
import { credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node'
import type { Config } from '../../schemas/config.ts'

/** Files to prove ourselves with, and to know the servers by. */
export type NatsFiles = Partial<Pick<Config, 'NATS_CA' | 'NATS_CERT' | 'NATS_KEY' | 'NATS_CREDS'>>

/**
 * What to connect with, from URLs like `nats://user:password@host:4222` or `tls://token@host`, several in a
 * list or separated by commas. The client ignores credentials in URLs, so they are taken out here; the first URL that has some speaks for all.
 * `?creds=<path>` in a URL names a creds file, rather than `NATS_CREDS`.
 * With certificates, only TLS is spoken, whatever the URLs say.
 */
export function natsConnectOptions(
  urls: string | readonly string[],
  files: NatsFiles = {},
): NodeConnectionOptions & { servers: string[] } {
  const list = typeof urls === 'string' ? urls.split(',') : urls
  const parsed = list.map((text) => new URL(text.includes('://') ? text.trim() : `nats://${text.trim()}`))
  const { username, password } = parsed.find((url) => url.username !== '') ?? { username: '', password: '' }
  const tls = tlsOptions(files)
  const creds = parsed.map((url) => url.searchParams.get('creds')).find((path) => path !== null) ?? files.NATS_CREDS
  return {
    servers: parsed.map((url) => url.host),
    ...(username === '' ? {} : password === '' ? { token: decodeURIComponent(username) } : login(username, password)),
    ...(tls !== undefined || parsed.some((url) => url.protocol === 'tls:') ? { tls: tls ?? {} } : {}),
    ...(creds === undefined ? {} : { authenticator: credentials(creds) }),
  }
}

function login(user: string, password: string): { user: string; pass: string } {
  return { user: decodeURIComponent(user), pass: decodeURIComponent(password) }
}

/** The client reads the files at every connect: a renewed certificate is used from the next one on. */
function tlsOptions({ NATS_CA, NATS_CERT, NATS_KEY }: NatsFiles): NodeConnectionOptions['tls'] | undefined {
  if (NATS_CA === undefined && NATS_CERT === undefined) return undefined
  return {
    ...(NATS_CA === undefined ? {} : { caFile: NATS_CA }),
    ...(NATS_CERT === undefined || NATS_KEY === undefined ? {} : { certFile: NATS_CERT, keyFile: NATS_KEY }),
  }
}

/** Read at every connect as well: credentials expire. */
function credentials(path: string): ReturnType<typeof credsAuthenticator> {
  return (nonce) => credsAuthenticator(readFileSync(path))(nonce)
}
