import type { NodeConnectionOptions } from '@nats-io/transport-node'

/**
 * What to connect with, from URLs like `nats://user:password@host:4222` or `tls://token@host`, several in a
 * list or separated by commas. The client ignores credentials in URLs, so they are taken out here; the first URL that has some speaks for all.
 */
export function natsConnectOptions(urls: string | readonly string[]): NodeConnectionOptions & { servers: string[] } {
  const list = typeof urls === 'string' ? urls.split(',') : urls
  const parsed = list.map((text) => new URL(text.includes('://') ? text.trim() : `nats://${text.trim()}`))
  const { username, password } = parsed.find((url) => url.username !== '') ?? { username: '', password: '' }
  return {
    servers: parsed.map((url) => url.host),
    ...(username === '' ? {} : password === '' ? { token: decodeURIComponent(username) } : login(username, password)),
    ...(parsed.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
  }
}

function login(user: string, password: string): { user: string; pass: string } {
  return { user: decodeURIComponent(user), pass: decodeURIComponent(password) }
}
