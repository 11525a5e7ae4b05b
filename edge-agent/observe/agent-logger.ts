import { type DestinationStream, type Logger, pino } from 'pino'
import { CENSOR, withoutSecrets } from '../../schemas/without-secrets.ts'
import type { AgentConfig } from '../agent-config.ts'

/** What Postgres says of a row that it refuses: the row itself, and so somebody's name. */
const ROWS = ['err.detail', 'err.where', 'err.internalQuery']

/** JSON lines, on stdout unless told, without credentials and without rows. */
export function agentLogger(level: AgentConfig['LOG_LEVEL'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ROWS, censor: CENSOR },
    hooks: { streamWrite: withoutSecrets },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
