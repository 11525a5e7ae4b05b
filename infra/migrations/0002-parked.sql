-- Replaced by a union over all projectors' parked aggregates as they are installed.
create view pharos.parked as
select
  null::text as projector,
  null::text as aggregate,
  null::bigint as from_position,
  -- The parked event that it waits for.
  null::bigint as position,
  null::text as error,
  null::timestamptz as parked_at
where false;

-- What people have decided about parked events. The projector's owner carries it out, in the transaction of the rows:
-- nobody else may write them. What was discarded is left out by every rebuild too, so these rows outlive generations.
create table pharos_system.parked_requests (
  id bigint generated always as identity primary key,
  projector text not null,
  epoch text not null,
  position bigint not null,
  action text not null check (action in ('replay', 'discard')),
  actor text not null,
  reason text check (action <> 'discard' or coalesce(reason, '') <> ''),
  requested_at timestamptz not null default now(),
  done_at timestamptz,
  -- `held`: something could not be applied again. `unknown`: nothing was parked at that position.
  outcome text check (outcome in ('released', 'held', 'unknown')),
  -- Whether stream PARKED has been told.
  mirrored boolean not null default false
);
create index parked_requests_open on pharos_system.parked_requests (projector, id) where done_at is null or not mirrored;
create index parked_requests_discarded on pharos_system.parked_requests (projector, epoch) where action = 'discard';
