import type { RecordedEvent } from '../../schemas/envelope.ts'
import { currentVersions } from '../../schemas/events/current-version.ts'
import { deviceCredentialEventData } from '../../schemas/events/device-credential.ts'
import { readDeviceCredentialEvent } from '../../schemas/events/read-device-credential-event.ts'
import type { ProjectionTransaction } from '../projection-transaction.ts'
import type { Projector } from '../projector.ts'

/** Which devices may come in, since when and until when. No secret is in the log, so none is here. */
export const deviceCredentials: Projector = {
  name: 'device_credentials',
  version: 1,
  subjects: ['evt.device-credential.>'],
  eventVersions: currentVersions(Object.keys(deviceCredentialEventData)),
  tables: `
    create table device_credentials (
      device_id text collate "C" primary key,
      -- \`active\` or \`revoked\`; one that has expired is \`active\` still.
      status text not null,
      mac text,
      public_key text,
      api_key_id text,
      issued_at timestamptz,
      expires_at timestamptz,
      provisioned_by text,
      revoked_at timestamptz,
      revoked_by text,
      reason text,
      position bigint not null
    )`,
  completion: ['create index idx_device_credentials_expiry on device_credentials (status, expires_at)'],
  views: {
    device_credentials: `
      select device_id, status, mac, public_key, api_key_id, issued_at, expires_at, provisioned_by, revoked_at,
        revoked_by, reason, position
      from device_credentials`,
  },
  apply,
}

type Value = string | number | null

async function apply(batch: readonly RecordedEvent[], transaction: ProjectionTransaction): Promise<void> {
  const rows = new Map<string, Readonly<Record<string, Value>>>()
  for (const { sequence, envelope } of batch) {
    const { type, data } = readDeviceCredentialEvent(envelope)
    const { time, actor } = envelope
    const change =
      type === 'device-credential.provisioned'
        ? {
            status: 'active',
            mac: data.mac,
            public_key: data.publicKey ?? null,
            api_key_id: data.apiKeyId,
            issued_at: data.issuedAt,
            expires_at: data.expiresAt,
            provisioned_by: actor,
            revoked_at: null,
            revoked_by: null,
            reason: null,
          }
        : { status: 'revoked', revoked_at: time, revoked_by: actor, reason: data.reason ?? null }
    rows.set(data.deviceId, { ...rows.get(data.deviceId), device_id: data.deviceId, ...change, position: sequence })
  }
  const column = (name: string): readonly Value[] => [...rows.values()].map((row) => row[name] ?? null)
  // Of a revocation only its own columns are news: what was revoked is still to be read.
  await transaction.query(
    `insert into device_credentials as known (device_id, status, mac, public_key, api_key_id, issued_at, expires_at,
       provisioned_by, revoked_at, revoked_by, reason, position)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
       $7::timestamptz[], $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::bigint[])
     on conflict (device_id) do update set
       status = excluded.status,
       mac = coalesce(excluded.mac, known.mac),
       public_key = case when excluded.mac is null then known.public_key else excluded.public_key end,
       api_key_id = coalesce(excluded.api_key_id, known.api_key_id),
       issued_at = coalesce(excluded.issued_at, known.issued_at),
       expires_at = coalesce(excluded.expires_at, known.expires_at),
       provisioned_by = coalesce(excluded.provisioned_by, known.provisioned_by),
       revoked_at = excluded.revoked_at, revoked_by = excluded.revoked_by, reason = excluded.reason,
       position = excluded.position`,
    COLUMNS.map(column),
  )
}

const COLUMNS = [
  'device_id',
  'status',
  'mac',
  'public_key',
  'api_key_id',
  'issued_at',
  'expires_at',
  'provisioned_by',
].concat(['revoked_at', 'revoked_by', 'reason', 'position'])
