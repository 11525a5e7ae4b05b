import { z } from 'zod'
import { aliasName, description, instant, metadata, owner, target } from '../alias.ts'
import { scope } from '../scope.ts'

const slot = { scope, name: aliasName }

/** Command data by command type. Each names its slot: a scope and a name in it. */
export const aliasCommandData = {
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

export type AliasCommandType = keyof typeof aliasCommandData
export type AliasCommand = {
  [T in AliasCommandType]: { readonly type: T; readonly data: z.infer<(typeof aliasCommandData)[T]> }
}[AliasCommandType]
