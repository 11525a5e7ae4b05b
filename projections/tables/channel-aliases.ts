import type { ProjectionTransaction } from '../projection-transaction.ts'

/**
 * A channel's primary alias is its oldest (lowest id) enabled alias. A disabled one answers as if absent, here too, so a
 * channel without an enabled alias has no row. Expiry is a matter of the moment of reading: see the view.
 */
const PRIMARY = `
  select distinct on (channel_id)
    channel_id, alias, site, node, nullif(context, 'global') as context, metadata, updated_at, alias_id, expires_at
  from aliases
  where channel_id is not null and is_active`

const INSERT = `
  insert into channel_aliases (channel_id, alias, site, node, context, metadata, last_updated, alias_id, expires_at)`

/** Fills the table from all aliases, then indexes it. */
export const COMPLETE_CHANNEL_ALIASES = `
  ${INSERT} ${PRIMARY} order by channel_id, id;

  alter table channel_aliases
    add primary key (channel_id),
    -- A name means one channel in one place. NULL is a place too: without this, NULL sites would let duplicates in.
    add constraint alias_site_unique unique nulls not distinct (alias, site, node, context);
  -- The view must find a successor for those that have expired.
  create index idx_channel_aliases_expires_at on channel_aliases (expires_at) where expires_at is not null`

/** Chooses the primary alias of each of these channels anew. All their rows go first, so that names can change hands. */
export async function refreshChannelAliases(
  transaction: ProjectionTransaction,
  channels: readonly string[],
): Promise<void> {
  if (channels.length === 0) return
  await transaction.query('delete from channel_aliases where channel_id = any($1::uuid[])', [channels])
  await transaction.query(`${INSERT} ${PRIMARY} and channel_id = any($1::uuid[]) order by channel_id, id`, [channels])
}

/** The table at the moment of reading: for an alias that has expired, the channel's next one, if any, stands in. */
export const CHANNEL_ALIASES_VIEW = `
  select channel_id, alias, site, node, context, metadata, last_updated, alias_id
  from channel_aliases
  where expires_at is null or expires_at > now()
  union all
  select next.channel_id, next.alias, next.site, next.node, nullif(next.context, 'global'),
    next.metadata, next.updated_at, next.alias_id
  from channel_aliases as expired
  cross join lateral (
    select channel_id, alias, site, node, context, metadata, updated_at, alias_id
    from aliases
    where aliases.channel_id = expired.channel_id and is_active and (expires_at is null or expires_at > now())
    order by id
    limit 1
  ) as next
  where expired.expires_at <= now()`
