import { fileURLToPath } from 'node:url'
import type { PROCESS_ROLES } from '../../schemas/config.ts'
import { startProcess, type TestProcess } from '../support/infrastructure.ts'

const MAIN = fileURLToPath(new URL('../../gateways/cli/main.ts', import.meta.url))
export const SECRET_KEY = 'a secret of the crash tests only, 32 bytes and more'

export const MASTER_KEY = 'a master key of the crash tests only, 32 bytes and more'

export type ServedRole = (typeof PROCESS_ROLES)[number]

/** A `pharos serve` that is ready. */
export interface ServedProcess extends TestProcess {
  /** Where its API is, if it has the role `http`. */
  readonly api: string
}

/** Starts a real `pharos serve` with nothing of this process' own environment that could steer it. */
export async function serveProcess(options: {
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly roles: readonly ServedRole[]
  /** What else it is told. */
  readonly env?: NodeJS.ProcessEnv
}): Promise<ServedProcess> {
  const served = await startProcess({
    file: MAIN,
    args: ['serve', '--roles', options.roles.join(',')],
    env: {
      NATS_URL: options.natsUrl,
      DATABASE_URL: options.databaseUrl,
      SECRET_KEY,
      MASTER_KEY,
      API_HOST: '127.0.0.1',
      API_PORT: '0',
      LOG_LEVEL: 'info',
      JWKS_URL: '',
      ...options.env,
    },
  })
  const ready = await served.line(/"msg":"ready"/)
  const { api = '' } = JSON.parse(ready) as { api?: string }
  return { ...served, api }
}
