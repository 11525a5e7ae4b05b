import { z } from 'zod'
import { indexScope } from '../alias-index.ts'

/** Event data by event name; the schema version of each is 1. */
export const aliasIndexEventData = {
  /** The version is taken: its content is that of the log at `position`, and nobody else can publish it. */
  'index.published': z.strictObject({ scope: indexScope, version: z.int().min(1), position: z.int().min(0) }),
} as const

export type AliasIndexEventName = keyof typeof aliasIndexEventData
export type AliasIndexEvent = {
  [N in AliasIndexEventName]: { readonly type: N; readonly data: z.infer<(typeof aliasIndexEventData)[N]> }
}[AliasIndexEventName]
