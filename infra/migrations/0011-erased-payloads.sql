-- When the chunks that showed the person were overwritten: devices are given others since.
alter table pharos_system.erasures add column payloads_erased_at timestamptz;
create index erasures_payloads on pharos_system.erasures (person) where payloads_erased_at is null;
