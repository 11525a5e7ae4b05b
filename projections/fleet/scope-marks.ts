import type { ProjectionTransaction } from '../projection-transaction.ts'

/** Positions by id; the latest counts. */
class Marks extends Map<string, number> {
  note(id: string, position: number): void {
    this.set(id, Math.max(position, this.get(id) ?? 0))
  }
}

/**
 * Which locations see something else since a batch, and where last. What is noted of a group, a user or a company is seen at the
 * locations that they are linked to when the batch is over: a link that came or went in between has marked its location
 * itself, later than what came before it. So the marks are the same however events are split into batches.
 */
export class ScopeMarks {
  readonly #locations = new Marks()
  readonly #groups = new Marks()
  readonly #users = new Marks()
  readonly #companies = new Marks()

  location(id: string, position: number): void {
    this.#locations.note(id, position)
  }

  /** Wherever the group is linked to. */
  group(id: string, position: number): void {
    this.#groups.note(id, position)
  }

  /** Wherever one of the user's groups is linked to. */
  user(id: string, position: number): void {
    this.#users.note(id, position)
  }

  /** All locations of the company. */
  company(id: string, position: number): void {
    this.#companies.note(id, position)
  }

  /** To be called when all rows and links of the batch are written. */
  async write(transaction: ProjectionTransaction): Promise<void> {
    const all = [this.#locations, this.#groups, this.#users, this.#companies]
    if (all.every(({ size }) => size === 0)) return
    await transaction.query(
      MARK,
      all.flatMap((marks) => [[...marks.keys()], [...marks.values()]]),
    )
  }
}

const MARK = `
  insert into dirty_scopes (scope, position)
  select 'location:' || location_id, max(position)
  from (
    select location_id, position from unnest($1::text[], $2::bigint[]) as noted (location_id, position)
    union all
    select location_id, position
    from unnest($3::text[], $4::bigint[]) as noted (group_id, position)
    join location_groups using (group_id)
    union all
    select location_id, position
    from unnest($5::text[], $6::bigint[]) as noted (user_id, position)
    join group_users using (user_id)
    join location_groups using (group_id)
    union all
    select location_id, position
    from unnest($7::text[], $8::bigint[]) as noted (company_id, position)
    join locations using (company_id)
  ) as seen (location_id, position)
  group by location_id
  on conflict (scope) do update set position = greatest(dirty_scopes.position, excluded.position)`
