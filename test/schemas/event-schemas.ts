import { z } from 'zod'
import { accessEventData } from '../../schemas/events/access.ts'
import { aliasEventData } from '../../schemas/events/alias.ts'
import { aliasIndexEventData } from '../../schemas/events/alias-index.ts'
import { aliasJobEventData } from '../../schemas/events/alias-job.ts'
import { auditEventData } from '../../schemas/events/audit.ts'
import { fleetEventData } from '../../schemas/events/fleet.ts'
import { userEventData } from '../../schemas/events/user.ts'
import { deviceCredentialEventData } from '../../schemas/events/device-credential.ts'

/** The schema of every event's newest version, by event name. */
export const eventSchemas: Readonly<Record<string, z.ZodType>> = {
  ...accessEventData,
  ...aliasEventData,
  ...aliasIndexEventData,
  ...aliasJobEventData,
  ...auditEventData,
  ...fleetEventData,
  ...userEventData,
  ...deviceCredentialEventData,
}

/** A schema as JSON Schema text, which changes when what it takes changes. */
export function schemaText(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), null, 2)}\n`
}
