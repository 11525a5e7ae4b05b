import type { Installable } from '../projector.ts'

/**
 * Where observations are kept. Not made from events: what `TELEMETRY` has discarded stands here alone, so this is never
 * rebuilt, and what has it is backed up as data (docs/backup.md).
 */
export const telemetry: Installable = {
  name: 'telemetry',
  version: 1,
  isData: true,
  tables: `
    create sequence observation_id;

    do $$
    declare
      -- Where the extension timescaledb is, if it is.
      timescale text := (
        select nspname from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
        where proname = 'create_hypertable' limit 1
      );
      columns text := '
        channel_id uuid not null,
        ts timestamptz not null,
        value numeric not null,
        hash text,
        provider text,
        device text not null,
        -- What identifies it within its channel and moment: the id or hash that it was sent with, else what it says.
        key text collate "C" not null,
        -- In order of arrival.
        id bigint not null default nextval(''observation_id''),
        primary key (channel_id, ts, key)';
    begin
      if timescale is null then
        execute format('create table observations (%s) partition by range (ts)', columns);
      else
        execute format('create table observations (%s)', columns);
        execute format('select %I.create_hypertable(''observations'', ''ts'', chunk_time_interval => interval ''1 month'')', timescale);
      end if;
    end
    $$;

    -- Refused ones, counted by device and reason, with the last of each: devices are few, what they may get wrong is not.
    create table refused_observations (
      device text collate "C" not null,
      code text not null,
      channel text not null,
      field text not null,
      message text not null,
      count bigint not null,
      first_at timestamptz not null,
      last_at timestamptz not null,
      primary key (device, code)
    );

    -- What the stream had discarded before it was read.
    create table lost_observations (
      epoch text not null,
      from_position bigint not null,
      to_position bigint not null,
      noticed_at timestamptz not null default now(),
      primary key (epoch, from_position)
    )`,
  completion: [
    // What has come since: rows lie in order of arrival, so a few pages of each partition are looked at.
    'create index idx_observations_id on observations using brin (id) with (pages_per_range = 16, autosummarize = on)',
  ],
  views: {
    telemetry: 'select channel_id, ts, value, hash, provider, device, id from observations',
    telemetry_refused: `
      select device, code, channel, field, message, count, first_at, last_at from refused_observations`,
    telemetry_lost: `
      select epoch, from_position, to_position, to_position - from_position + 1 as messages, noticed_at
      from lost_observations`,
  },
}
