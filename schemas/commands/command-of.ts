import type { z } from 'zod'

/** The commands whose data stands in such a map, by command type. */
export type CommandOf<Data extends Readonly<Record<string, z.ZodType>>> = {
  [T in keyof Data & string]: { readonly type: T; readonly data: z.infer<Data[T]> }
}[keyof Data & string]
