import { Argument, Command } from 'commander'
import type { Projector } from '../../../projections/projector.ts'
import { rebuildProjector } from '../../../projections/rebuild.ts'
import { Failure } from '../failure.ts'
import { interruptSignal } from '../interrupt.ts'
import { createOutput } from '../output.ts'
import { connectNats } from '../platform/connect-nats.ts'
import { logOf, openLogs } from '../platform/logs.ts'
import { openLog } from '../platform/open-log.ts'
import { projectors } from '../platform/projectors.ts'
import { reachServers } from '../platform/reach-servers.ts'
import { asOfArgument, type AsOfOptions, hoursArgument, nameArgument, rebuildAsOf } from './rebuild-as-of.ts'
import { ProgressBar } from '../tour/progress-bar.ts'

interface Options extends Omit<AsOfOptions, 'asOf'> {
  readonly acceptDifferences?: true
  readonly asOf?: string
}

/** `pharos rebuild`: makes a projector's tables anew from the log, beside the live ones, and swaps them; or as they were once. */
export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description("rebuild a projector's tables from the log while reads go on")
    .addArgument(new Argument('<projector>').choices(projectors.map(asTyped)))
    .option('--accept-differences', 'swap even if the new tables differ from the live ones')
    .option('--as-of <when>', 'build them as they were, in a schema of their own: a time or a position', asOfArgument)
    .option('--sql <query>', 'with --as-of: ask this of them; the tables and views have their usual names')
    .option('--keep <name>', 'with --as-of: keep them under this name, for SQL from anywhere', nameArgument)
    .option('--hours <number>', 'with --keep: for so long', hoursArgument, 24)
    .option('--json')
    .action(async (name: string, { acceptDifferences, json, asOf, ...past }: Options) => {
      const projector = projectors.find((one) => asTyped(one) === name)
      if (projector === undefined) throw new Failure(`there is no projector ${name}`)
      const signal = interruptSignal()
      if (asOf !== undefined) return rebuildAsOf(projector, { asOf, json, ...past }, signal)
      if (past.sql !== undefined || past.keep !== undefined) throw new Failure('--sql and --keep go with --as-of')
      const { natsUrl, databaseUrl } = await reachServers()
      const connection = await connectNats(natsUrl, 'pharos rebuild')
      const bar = new ProgressBar(`rebuild ${name}`, process.stderr)
      try {
        const result = await rebuildProjector(projector, {
          database: { connectionString: databaseUrl },
          log: logOf(projector, await openLogs(connection, await openLog(connection))),
          signal,
          onProgress: ({ phase, position, head }) => bar.show(position, head, phase),
          ...(acceptDifferences === true ? { acceptDifferences } : {}),
        })
        bar.end()
        createOutput(json === true).result(result, () => {
          if (result.status === 'busy') return result.message
          const tables = result.tables.map((table) => `  ${table.table}: ${table.isEqual ? 'equal' : 'DIFFERS'}`)
          return [
            `${name}: ${result.status === 'swapped' ? `generation ${result.generation} is live` : 'kept as it was'}`,
            ...tables,
          ].join('\n')
        })
        if (result.status !== 'swapped') throw new Failure(`${name} was not rebuilt: ${result.status}`)
      } finally {
        bar.end()
        await connection.close()
      }
    })
}

/** As people type it: `alias-index`, where the schema of its tables has `_`. */
function asTyped({ name }: Pick<Projector, 'name'>): string {
  return name.replaceAll('_', '-')
}
