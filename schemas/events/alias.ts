import { z } from 'zod'
import { aliasName, target } from '../alias.ts'
import { aliasId } from '../ids.ts'
import { scope } from '../scope.ts'

/** What is in the log was accepted once: limits of today's gate are not asked of it again. */
const description = z.string()
const metadata = z.record(z.string(), z.unknown())
const instantUtc = z.iso.datetime({ precision: 3 })
const slot = { scope, name: aliasName }
const identity = { aliasId }

/** Everything that is known of an alias: what a slot must hold when an alias comes to it, new or renamed. */
const full = {
  ...identity,
  ...slot,
  target,
  owner: z.string(),
  description: description.nullable(),
  metadata,
  enabled: z.boolean(),
  expiresAt: instantUtc.nullable(),
}

/** Event data by event name, in its newest version; `upcasters.ts` says which that is. */
export const aliasEventData = {
  'alias.registered': z.strictObject(full),
  'alias.retargeted': z.strictObject({ ...identity, ...slot, target }),
  /** Within its slot: another spelling of the same name key. */
  'alias.respelled': z.strictObject({ ...identity, ...slot, previousName: aliasName }),
  /** The alias has left this slot; `to` says where. Its slot is free from here on. */
  'alias.renamed-away': z.strictObject({ ...identity, ...slot, to: aliasName }),
  /** The alias has come to this slot with all that it has, since a slot's state is built from its own events alone. */
  'alias.renamed-here': z.strictObject({
    ...full,
    from: aliasName,
    registeredAt: instantUtc,
    registeredBy: z.string(),
    number: z.int(),
  }),
  'alias.described': z.strictObject({ ...identity, ...slot, description: description.nullable(), metadata }),
  'alias.enabled': z.strictObject({ ...identity, ...slot }),
  'alias.disabled': z.strictObject({ ...identity, ...slot }),
  'alias.expiry-set': z.strictObject({ ...identity, ...slot, expiresAt: instantUtc.nullable() }),
  'alias.ownership-transferred': z.strictObject({ ...identity, ...slot, owner: z.string(), previousOwner: z.string() }),
  'alias.removed': z.strictObject({ ...identity, ...slot }),
} as const

export type AliasEventName = keyof typeof aliasEventData
export type AliasEvent = {
  [N in AliasEventName]: { readonly type: N; readonly data: z.infer<(typeof aliasEventData)[N]> }
}[AliasEventName]
