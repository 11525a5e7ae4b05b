import type { z } from 'zod'
import { aliasQueryAnswer, aliasQueryData } from './alias.ts'
import { auditQueryAnswer, auditQueryData } from './audit.ts'
import { channelQueryAnswer, channelQueryData } from './channel.ts'
import { fleetQueryAnswer, fleetQueryData } from './fleet.ts'
import { deviceSyncQueryAnswer, deviceSyncQueryData } from './device-sync.ts'
import { observationQueryAnswer, observationQueryData } from './observation.ts'

/** The shape of every query's data, by query type. */
export const queryData = {
  ...aliasQueryData,
  ...auditQueryData,
  ...channelQueryData,
  ...fleetQueryData,
  ...deviceSyncQueryData,
  ...observationQueryData,
} as const
/** What every query answers, by query type. */
export const queryAnswer = {
  ...aliasQueryAnswer,
  ...auditQueryAnswer,
  ...channelQueryAnswer,
  ...fleetQueryAnswer,
  ...deviceSyncQueryAnswer,
  ...observationQueryAnswer,
} as const

export type QueryType = keyof typeof queryData
/** A query's data as a sender writes it: what has a default may be left out. */
export type QueryInput<T extends QueryType> = z.input<(typeof queryData)[T]>
export type QueryAnswer<T extends QueryType> = z.infer<(typeof queryAnswer)[T]>
