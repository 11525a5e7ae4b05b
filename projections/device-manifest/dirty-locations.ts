import type { FleetSnapshot } from './fleet-snapshot.ts'

/** What a mark of the fleet's projector begins with that is about a location. */
const LOCATION = 'location:'

/**
 * Locations that changed after they were built last, the longest waiting first: at most `most`, without `except`.
 * All up to `builtUntil` are known to be built.
 */
export async function dirtyLocations(
  { client, at }: FleetSnapshot,
  {
    builtUntil,
    except,
    most,
  }: { readonly builtUntil: number; readonly except: readonly string[]; readonly most: number },
): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select substr(scope, length($1) + 1) as id
     from dirty_scopes
     left join built_locations as built
       on built.location_id = substr(dirty_scopes.scope, length($1) + 1) and built.epoch = $2
     where dirty_scopes.position > $3 and starts_with(dirty_scopes.scope, $1)
       and dirty_scopes.position > coalesce(built.position, -1)
       and not (substr(dirty_scopes.scope, length($1) + 1) = any ($4))
     order by dirty_scopes.position, dirty_scopes.scope
     limit $5`,
    [LOCATION, at.epoch, builtUntil, except, most],
  )
  return rows.map(({ id }) => id)
}
