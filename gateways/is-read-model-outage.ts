const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])
/** SQLSTATE: connection lost, out of resources, shutting down or starting, cancelled by a timeout. */
const SQLSTATE = /^(08...|53...|57P0.|57014|25P03)$/
/** What the Postgres driver says without any code. */
const DRIVER =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/

/** Whether an error means that a server is away or too slow, so that asking again later makes sense, and not a bug. */
export function isReadModelOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'AbortError' || error.name === 'TimeoutError' || error.name.endsWith('Unavailable')) return true
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return UNREACHABLE.has(code) || SQLSTATE.test(code) || DRIVER.test(error.message) || isReadModelOutage(error.cause)
}
