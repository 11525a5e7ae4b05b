import type { AliasQueryAnswer, AliasQueryInput, AliasQueryType } from '../../../../schemas/queries/alias.ts'
import { Failure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { openClient } from '../../platform/open-client.ts'

/** Asks the read model once and tells the answer. @throws Failure with what was answered instead. */
export async function answer<T extends AliasQueryType>(
  type: T,
  data: AliasQueryInput<T>,
  json: true | undefined,
  humane: (value: AliasQueryAnswer<T>) => string,
): Promise<void> {
  const client = await openClient()
  try {
    const result = await client.query(type, data)
    if (result.status !== 'ok') throw new Failure(result.message)
    createOutput(json === true).result(result.value, () => humane(result.value))
  } finally {
    await client.close()
  }
}
