import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from '../../schemas/config.ts'
import { CENSOR, withoutSecrets } from '../../schemas/without-secrets.ts'

/** Fields that hold credentials, whatever they hold. */
const SECRET_FIELDS = ['authorization', 'apiKey', 'api_key', 'token', 'secret', 'password', 'secretKey', 'SECRET_KEY']
/** What Postgres says of a row that it refuses: the row itself. */
const ROWS = ['err.detail', 'err.where', 'err.internalQuery']

/** A logger that writes JSON lines without credentials: neither in fields named so nor within a text. */
export function createLogger(level: Config['LOG_LEVEL'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        ...ROWS,
        ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `headers["x-api-key"]`]),
      ],
      censor: CENSOR,
    },
    hooks: { streamWrite: (line: string) => withoutSecrets(line) },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
