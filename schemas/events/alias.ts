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

/** A name elsewhere in the scope that looks like this slot's own, and until when it is taken. */
const lookAlike = z.strictObject({ name: aliasName, expiresAt: instantUtc.nullable() })
export type LookAlike = z.infer<typeof lookAlike>

/** What a command did to a slot, in the words of the events that it would else have been. */
const change = z.enum([
  'registered',
  'restored',
  'renamed-here',
  'renamed-away',
  'removed',
  'respelled',
  'retargeted',
  'described',
  'enabled',
  'disabled',
  'expiry-set',
  'ownership-transferred',
  'look-alikes-changed',
])
export type AliasChange = z.infer<typeof change>

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
  /** It answered as if absent, and its slot was free, since `expiresAt`. This says so in the log, some time later. */
  'alias.expired': z.strictObject({ ...identity, ...slot, expiresAt: instantUtc }),
  /** One command did several things to the slot, such as a swap of two names: the whole slot as it is from here on. */
  'alias.changed': z.strictObject({
    /** Of the alias that lives here now; of the one that left, if none does. */
    ...identity,
    ...slot,
    changes: z.array(change).min(1),
    /** `null`: the slot is free. */
    alias: z
      .strictObject({
        target,
        owner: z.string(),
        description: description.nullable(),
        metadata,
        enabled: z.boolean(),
        expiresAt: instantUtc.nullable(),
        /** `null`: the alias is new, and all three are those of this event. */
        registered: z.strictObject({ number: z.int(), at: instantUtc, by: z.string() }).nullable(),
      })
      .nullable(),
    /** Renamed here: the name that it had. */
    from: aliasName.nullable(),
    /** Who lived here until now, if somebody else; `to` is the name that it has in another slot since, `null` if none. */
    previous: z.strictObject({ ...identity, name: aliasName, to: aliasName.nullable() }).nullable(),
    lookAlikes: z.array(lookAlike),
  }),
  /**
   * Nothing happened to who lives in the slot: names of this look came to other slots of the scope, or left them. `name`
   * is the slot's name key.
   */
  'alias.look-alikes-changed': z.strictObject({ ...slot, lookAlikes: z.array(lookAlike) }),
} as const

export type AliasEventName = keyof typeof aliasEventData
export type AliasEvent = {
  [N in AliasEventName]: { readonly type: N; readonly data: z.infer<(typeof aliasEventData)[N]> }
}[AliasEventName]
