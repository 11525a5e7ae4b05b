import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'

/**
 * For the container's health check: exits 0 if the process in this container says that it is alive. Asks it as it is
 * set up by the same environment, over loopback: whose certificate it shows is no question then.
 */
const { API_PORT, API_TLS_CERT } = process.env
const path = { host: '127.0.0.1', port: Number(API_PORT || 8000), path: '/healthz', timeout: 4000 }
const answered = ({ statusCode }: { statusCode?: number | undefined }): never =>
  process.exit(statusCode === 200 ? 0 : 1)
const request = API_TLS_CERT ? getSecure({ ...path, rejectUnauthorized: false }, answered) : getPlain(path, answered)
request.on('timeout', () => request.destroy(new Error('no answer')))
request.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
