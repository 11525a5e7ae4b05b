// Registers aliases with emmett-postgresql: node emmett-load.ts <count> <in flight>, with DATABASE_URL set.
// The same command, checks and rules as in Pharos, called in process: no gateway, no authentication, no audit of who sent what.
import { CommandHandler } from '@event-driven-io/emmett'
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql'
import { alias } from '../../domain/alias/alias.ts'
import { slotSubject } from '../../domain/alias/slot.ts'
import { aliasCommandData } from '../../schemas/commands/alias.ts'
import { registerAlias } from '../commands/register-alias.ts'
import { load } from '../measure/load.ts'

const [count, inFlight] = process.argv.slice(2).map(Number)
const run = Date.now()
const store = getPostgreSQLEventStore(process.env.DATABASE_URL)
await store.schema.migrate()
const handle = CommandHandler({
  initialState: () => alias.initialState,
  evolve: (state, { type, data }) => alias.evolve(state, { type, data: data.event }, data.recorded),
})

async function register() {
  const { commandId, data } = registerAlias()
  const command = { type: 'alias.register', data: aliasCommandData['alias.register'].parse(data) }
  const subject = `${run}.${slotSubject(command.data.scope, command.data.name)}`
  await handle(store, subject, (state) => {
    const at = Date.now()
    const decision = alias.decide(command, [state], { at, actor: 'bench', actsForOthers: true, newId: commandId })
    if (decision.kind === 'refuse') throw new Error(decision.message)
    const recorded = { sequence: 1, time: new Date(at).toISOString(), actor: 'bench' }
    return decision.events.map((event) => ({ type: event.type, data: { event: event.data, recorded } }))
  })
}

await load(Math.min(500, count), inFlight, register)
const { perSecond } = await load(count, inFlight, register)
console.log(JSON.stringify({ perSecond }))
await store.close()
