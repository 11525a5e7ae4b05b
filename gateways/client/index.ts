/** The client of Pharos over NATS. */
export { connectPharos, type PharosOptions } from './connect-pharos.ts'
export type { CommandOptions, Pharos, QueryOptions, QueryOutcome } from './pharos.ts'
export type { CommandResult } from '../../schemas/command.ts'
export type { CommandInput, CommandType } from '../../schemas/commands/command-data.ts'
export type { QueryAnswer, QueryInput, QueryType } from '../../schemas/queries/query-data.ts'
