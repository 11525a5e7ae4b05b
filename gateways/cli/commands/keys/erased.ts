import { Command } from 'commander'
import { migrate } from '../../../../infra/postgres/migrate.ts'
import { erasedPersons } from '../../../../projections/erasure/erasure-ledger.ts'
import { openSession } from '../../../../projections/session.ts'
import { createOutput } from '../../output.ts'
import { reachServers } from '../../platform/reach-servers.ts'

/** `pharos keys erased`: who was erased, for `pharos restore --erased` where this database is lost too. */
export function keysErased(): Command {
  return new Command('erased')
    .description('the ids of all who were ever erased, one a line: keep them beside backups, for "restore --erased"')
    .option('--json')
    .action(async ({ json }: { json?: true }) => {
      const { databaseUrl: connectionString } = await reachServers()
      await migrate({ connectionString })
      await using session = await openSession(
        { connectionString },
        { applicationName: 'pharos keys', statementTimeout: 60_000 },
      )
      const persons = await erasedPersons(session.client)
      if (json === true) createOutput(true).result(persons, () => '')
      else process.stdout.write(persons.map((person) => `${person}\n`).join(''))
    })
}
