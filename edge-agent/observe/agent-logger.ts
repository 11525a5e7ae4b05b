import { type Logger, pino } from 'pino'
import type { AgentConfig } from '../agent-config.ts'

/** Credentials inside any text, such as an error's message: passwords in URLs, bearer tokens, JWTs, seeds of NATS keys. */
const SECRETS =
  /(?<=:\/\/[^\s:@/"]*:)[^\s@/"]+(?=@)|(?<=bearer +)[^\s"]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bS[UA][A-Z2-7]{56}\b/gi

/** JSON lines on stdout, without credentials. */
export function agentLogger(level: AgentConfig['LOG_LEVEL']): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: (line: string) => line.replace(SECRETS, '[redacted]') },
  })
}
