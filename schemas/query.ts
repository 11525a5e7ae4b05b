import { z } from 'zod'
import { asOfText } from './as-of.ts'
import { violation } from './command.ts'
import { positionText } from './position.ts'

/** What a sender asks over NATS. The type is in the subject, the actor in the credential. */
export const queryRequest = z.strictObject({
  data: z.record(z.string(), z.unknown()),
  /** Answer only from a read model that has come this far; wait for it a bounded time. */
  minPosition: positionText.optional(),
  /** Answer as of then: a position, or a time. What is asked must be something that can be answered so. */
  asOf: asOfText.optional(),
})
export type QueryRequest = z.infer<typeof queryRequest>

/** Every expected outcome of a query is one of these values. */
export const queryResult = z.discriminatedUnion('status', [
  /** `position`: the answer holds everything up to here, perhaps more. */
  z.object({ status: z.literal('ok'), position: positionText, value: z.unknown() }),
  z.object({ status: z.literal('not_found'), code: z.string(), message: z.string(), position: positionText }),
  z.object({ status: z.literal('rejected'), code: z.string(), message: z.string(), violations: z.array(violation) }),
  /** The read model did not reach `minPosition` in time; `lag` in events, `null` where the log was restored since. */
  z.object({ status: z.literal('behind'), message: z.string(), lag: z.int().nullable() }),
  z.object({ status: z.literal('unauthorized'), message: z.string() }),
  z.object({ status: z.literal('forbidden'), message: z.string() }),
  z.object({ status: z.literal('unavailable'), message: z.string() }),
])
export type QueryResult = z.infer<typeof queryResult>
