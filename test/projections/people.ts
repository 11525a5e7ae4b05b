import { currentVersions } from '../../schemas/events/current-version.ts'
import { readUserEvent } from '../../schemas/events/read-user-event.ts'
import { userEventData } from '../../schemas/events/user.ts'
import type { Projector } from '../../projections/projector.ts'

/** A projector that shows people, as the fleet's does, in the plainest way. */
export const people: Projector = {
  name: 'people',
  version: 1,
  subjects: ['evt.user.>'],
  eventVersions: currentVersions(Object.keys(userEventData)),
  tables: `
    create table people (user_id text primary key, name text not null, email text, phone text);
    create index people_email on people (email)`,
  completion: [],
  personal: { people: ['name', 'email', 'phone'] },
  views: {},
  async apply(batch, transaction) {
    for (const { envelope } of batch) {
      const { type, data } = readUserEvent(envelope)
      const { userId } = data
      if (type === 'user.registered')
        await transaction.query('insert into people values ($1, $2, $3, $4)', [
          userId,
          data.name,
          data.email,
          data.phone,
        ])
      else if (type === 'user.changed') {
        for (const field of ['name', 'email', 'phone'] as const)
          if (data[field] !== undefined)
            await transaction.query(`update people set ${field} = $2 where user_id = $1`, [userId, data[field]])
      } else await transaction.query('delete from people where user_id = $1', [userId])
    }
  },
}
