import { z } from 'zod'
import { aliasId } from '../ids.ts'
import { aliasName, description, instant, metadata, owner, target } from '../alias.ts'
import { grouped } from '../grouped.ts'
import { scope } from '../scope.ts'

const slot = { scope, name: aliasName }

/** What can be done to one alias: data by command type. Each names its slot, a scope and a name in it. */
export const aliasOperationData = {
  'alias.register': z.strictObject({
    ...slot,
    target,
    /** Defaults to the actor. */
    owner: owner.optional(),
    description: description.nullable().default(null),
    metadata: metadata.default({}),
    enabled: z.boolean().default(true),
    expiresAt: instant.nullable().default(null),
  }),
  'alias.retarget': z.strictObject({ ...slot, target }),
  'alias.rename': z.strictObject({ ...slot, newName: aliasName }),
  /** What is left out stays; `null` clears the description. */
  'alias.describe': z.strictObject({
    ...slot,
    description: description.nullable().optional(),
    metadata: metadata.optional(),
  }),
  'alias.enable': z.strictObject(slot),
  'alias.disable': z.strictObject(slot),
  /** `null`: never expires. */
  'alias.set-expiry': z.strictObject({ ...slot, expiresAt: instant.nullable() }),
  'alias.transfer-ownership': z.strictObject({ ...slot, owner }),
  'alias.remove': z.strictObject(slot),
} as const

/** Most operations of one change set: each may be about an aggregate of its own, and an append takes no more. */
export const MAX_OPERATIONS = 1000

const inSet = {
  /** Left out: whatever it is. Else the revision of the slot that the operation is meant for; 0 is one never used. */
  expectedRevision: z.int().min(0).optional(),
}

/** One operation within a change set: the data of the command that its `op` is short for. */
const operation = z.discriminatedUnion('op', [
  aliasOperationData['alias.register'].extend({ op: z.literal('register'), ...inSet }),
  aliasOperationData['alias.retarget'].extend({ op: z.literal('retarget'), ...inSet }),
  aliasOperationData['alias.rename'].extend({ op: z.literal('rename'), ...inSet }),
  aliasOperationData['alias.describe'].extend({ op: z.literal('describe'), ...inSet }),
  aliasOperationData['alias.enable'].extend({ op: z.literal('enable'), ...inSet }),
  aliasOperationData['alias.disable'].extend({ op: z.literal('disable'), ...inSet }),
  aliasOperationData['alias.set-expiry'].extend({ op: z.literal('set-expiry'), ...inSet }),
  aliasOperationData['alias.transfer-ownership'].extend({ op: z.literal('transfer-ownership'), ...inSet }),
  aliasOperationData['alias.remove'].extend({ op: z.literal('remove'), ...inSet }),
])
export type AliasSetOperation = z.infer<typeof operation>

/** What becomes of an operation whose slot is not at its `expectedRevision`: it refuses the set, or is left out. */
const onConflict = z.enum(['refuse', 'skip']).default('refuse')

const changeSet = z.strictObject({
  operations: z
    .array(operation)
    .min(1, 'a change set has at least one operation')
    .max(MAX_OPERATIONS, `a change set has at most ${grouped(MAX_OPERATIONS)} operations`),
  onConflict,
})

/** Command data by command type. A change set is all or nothing, and decided in its order. */
export const aliasCommandData = { ...aliasOperationData, 'alias.apply-change-set': changeSet } as const

/** A slot as it once was: the alias with its identity, or `null` where there was none. */
const formerSlot = z.strictObject({
  ...slot,
  expectedRevision: z.int().min(0),
  /** Slots of one group exchange aliases: they are restored together, or none of them. */
  group: z.int().min(0),
  alias: z
    .strictObject({
      aliasId,
      number: z.int().min(1),
      target,
      owner,
      description: description.nullable(),
      metadata,
      enabled: z.boolean(),
      expiresAt: instant.nullable(),
      registeredAt: instant,
      registeredBy: z.string(),
    })
    .nullable(),
})
export type FormerSlot = z.infer<typeof formerSlot>

/** Given by the clock alone, never by a sender: the alias in this slot has expired. */
export const expireData = z.strictObject(slot)

/** Given by a rollback alone, never by a sender: it says who an alias is. Slots that changed meanwhile are left out, and with them their groups. */
export const restoreSlotsData = z.strictObject({ slots: z.array(formerSlot).min(1).max(MAX_OPERATIONS) })

export type AliasCommandType = keyof typeof aliasCommandData
export type AliasOperationType = keyof typeof aliasOperationData
/** A command about one alias. */
export type AliasOperation = {
  [T in AliasOperationType]: { readonly type: T; readonly data: z.infer<(typeof aliasOperationData)[T]> }
}[AliasOperationType]
export interface AliasExpiry {
  readonly type: 'alias.expire'
  readonly data: z.infer<typeof expireData>
}
export type AliasCommand =
  | AliasOperation
  | AliasExpiry
  | { readonly type: 'alias.apply-change-set'; readonly data: z.infer<typeof changeSet> }
  | { readonly type: 'alias.restore-slots'; readonly data: z.infer<typeof restoreSlotsData> }
