import { z } from 'zod'
import { emailAddress, fleetId, fleetName, phoneNumber } from '../fleet.ts'

/** Command data by command type. */
export const userCommandData = {
  'user.register': z.strictObject({
    userId: fleetId,
    companyId: fleetId,
    name: fleetName,
    email: emailAddress.nullable().default(null),
    phone: phoneNumber.nullable().default(null),
  }),
  /** What is left out stays; `null` clears it. */
  'user.change': z
    .strictObject({
      userId: fleetId,
      companyId: fleetId.optional(),
      name: fleetName.optional(),
      email: emailAddress.nullable().optional(),
      phone: phoneNumber.nullable().optional(),
    })
    .refine(
      ({ companyId, name, email, phone }) => [companyId, name, email, phone].some((value) => value !== undefined),
      {
        message: 'must hold at least one of companyId, name, email, phone',
      },
    ),
  /** Makes the user a member of the group. Both must be of one company. */
  'user.link-group': z.strictObject({ userId: fleetId, groupId: fleetId }),
  'user.unlink-group': z.strictObject({ userId: fleetId, groupId: fleetId }),
  'user.remove': z.strictObject({ userId: fleetId }),
  /** Makes what was ever known of the person unreadable, for good. */
  'user.erase': z.strictObject({ userId: fleetId }),
} as const

/** Given after a restore alone, never by a sender: the person was erased in a life of the log that is lost. */
export const eraseAgainData = z.strictObject({ userId: fleetId })

export type UserCommandType = keyof typeof userCommandData
export type UserCommand = {
  [T in UserCommandType]: { readonly type: T; readonly data: z.infer<(typeof userCommandData)[T]> }
}[UserCommandType]
export interface UserErasure {
  readonly type: 'user.erase-again'
  readonly data: z.infer<typeof eraseAgainData>
}
