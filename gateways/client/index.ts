/** The client of Pharos over NATS. */
export { connectPharos, type PharosOptions } from './connect-pharos.ts'
export type { CommandOptions, Pharos, QueryOptions, QueryOutcome } from './pharos.ts'
export type { CommandResult } from '../../schemas/command.ts'
export type { CommandInput, CommandType } from '../../schemas/commands/command-data.ts'
export type { AliasQueryAnswer, AliasQueryInput, AliasQueryType } from '../../schemas/queries/alias.ts'
