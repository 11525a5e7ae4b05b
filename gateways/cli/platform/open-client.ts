import { natsConnectOptions } from '../../../infra/nats/nats-connect-options.ts'
import { issueToken } from '../../authentication/issue-token.ts'
import { connectPharos, type Pharos } from '../../client/index.ts'
import { Failure } from '../failure.ts'
import { configFromEnvironment } from './environment.ts'
import { findInstance } from './running-instance.ts'
import { secretOf } from './secret.ts'
import { userName } from './user-name.ts'

const TOKEN_SECONDS = 3600

/**
 * A client of the platform: with `PHAROS_TOKEN` or `PHAROS_API_KEY` if set. Without, whoever can read this
 * installation's secret acts as its administrator, under the name of the operating system's user.
 */
export async function openClient(): Promise<Pharos> {
  const config = configFromEnvironment()
  const natsUrl = config.NATS_URL?.join(',') ?? (await findInstance(config.PHAROS_DATA_DIR))?.natsUrl
  if (natsUrl === undefined)
    throw new Failure(`nothing runs in ${config.PHAROS_DATA_DIR}: start "pharos up", or set NATS_URL`)
  const { servers, ...natsOptions } = natsConnectOptions(natsUrl, config)
  const { PHAROS_TOKEN, PHAROS_API_KEY } = process.env
  if (PHAROS_API_KEY !== undefined && PHAROS_API_KEY !== '')
    return connectPharos({ servers, natsOptions, apiKey: PHAROS_API_KEY })
  const token = PHAROS_TOKEN !== undefined && PHAROS_TOKEN !== '' ? PHAROS_TOKEN : await adminToken(config)
  return connectPharos({ servers, natsOptions, token })
}

export async function adminToken(config: ReturnType<typeof configFromEnvironment>): Promise<string> {
  return issueToken(await secretOf(config), {
    sub: userName(),
    roles: ['admin'],
    ttlSeconds: TOKEN_SECONDS,
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    at: Date.now(),
  })
}
