import { z } from 'zod'
import { deviceId } from './device-sync/manifest.ts'
import { actorId } from './ids.ts'
import { scope } from './scope.ts'

export const ROLES = ['admin', 'operator', 'viewer', 'device', 'service'] as const
export const role = z.enum(ROLES)
export type Role = z.infer<typeof role>

/** Who acts and what they may touch, as proven by a credential. */
export const actor = z.strictObject({
  id: actorId,
  roles: z.array(role).min(1).max(ROLES.length),
  /** Confined to these scopes and, for a site, the nodes in it. Absent: everywhere that the roles reach. */
  scopes: z.array(scope).max(64).optional(),
  /** The device that it is, where its credential was given to one. */
  device: deviceId.optional(),
})
export type Actor = z.infer<typeof actor>
