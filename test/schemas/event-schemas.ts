import { z } from 'zod'
import { eventData } from '../../schemas/events/event-data.ts'

/** The schema of every event's newest version, by event name. */
export const eventSchemas: Readonly<Record<string, z.ZodType>> = eventData

/** A schema as JSON Schema text, which changes when what it takes changes. */
export function schemaText(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), null, 2)}\n`
}
