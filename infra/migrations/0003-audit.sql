-- The audit as users see it: accepted and refused commands in one view. Each projector puts its own rows behind the
-- first two views, so the order in which they are installed makes no difference, and each can be rebuilt alone.
create view pharos.audit_accepted as
select
  null::bigint as id,
  null::text as action,
  null::text as actor,
  null::text as status,
  null::text collate "C" as subject,
  null::text as command_id,
  null::text as details,
  null::timestamptz as created_at,
  null::bigint as position,
  null::text as prev_hash,
  null::text as hash
where false;

create view pharos.audit_refused as
select
  null::bigint as id,
  null::text as action,
  null::text as actor,
  null::text as status,
  null::text collate "C" as subject,
  null::text as command_id,
  null::text as details,
  null::timestamptz as created_at,
  null::bigint as position,
  null::text as prev_hash,
  null::text as hash
where false;

-- From when on entries are archived: those from before `before`, since `archived_at`.
create view pharos.audit_archivings as
select
  null::bigint as position,
  null::timestamptz as before,
  null::timestamptz as archived_at
where false;

-- `id` is the position, negative for a refusal: unique, and the same after every rebuild. Archiving hides old entries
-- from lists and changes none, so it is a matter of reading.
create view pharos.audit_logs as
select
  entries.id, entries.action, entries.actor, entries.details, entries.created_at,
  exists (
    select from pharos.audit_archivings where audit_archivings.before > entries.created_at
  ) as is_archived,
  (
    select min(audit_archivings.archived_at)
    from pharos.audit_archivings
    where audit_archivings.before > entries.created_at
  ) as archived_at,
  entries.stream, entries.position, entries.status, entries.subject, entries.command_id, entries.prev_hash, entries.hash
from (
  select
    'EVENTS'::text as stream, id, action, actor, details, created_at, position, status, subject, command_id, prev_hash,
    hash
  from pharos.audit_accepted
  union all
  select
    'AUDIT'::text as stream, id, action, actor, details, created_at, position, status, subject, command_id, prev_hash,
    hash
  from pharos.audit_refused
) as entries;
