import type { z } from 'zod'

/** The events whose data stands in such a map, by event name. */
export type EventOf<Data extends Readonly<Record<string, z.ZodType>>> = {
  [N in keyof Data & string]: { readonly type: N; readonly data: z.infer<Data[N]> }
}[keyof Data & string]
