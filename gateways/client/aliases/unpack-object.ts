import { promisify } from 'node:util'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { zstdDecompress } from 'node:zlib'
import type { z } from 'zod'
import { IndexFault } from './index-fault.ts'
import { MOST_UNPACKED_BYTES, type ObjectReference } from './object-reference.ts'

const decompress = promisify(zstdDecompress)

/**
 * What a verified object holds. Unpacking runs beside the event loop; parsing and checking take a turn each.
 * @throws IndexFault `object_too_large` or `object_corrupt`.
 */
export async function unpackObject<Content>(
  { object }: ObjectReference,
  stored: Uint8Array,
  schema: z.ZodType<Content>,
  scope: string,
): Promise<Content> {
  let parsed: unknown
  try {
    const text = (await decompress(stored, { maxOutputLength: MOST_UNPACKED_BYTES })).toString('utf8')
    parsed = JSON.parse(text)
  } catch (error) {
    const tooLarge = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw new IndexFault(
      tooLarge ? 'object_too_large' : 'object_corrupt',
      scope,
      tooLarge ? `${object} unpacks to more than ${MOST_UNPACKED_BYTES} bytes` : `${object} cannot be unpacked`,
      { cause: error },
    )
  }
  await nextTurn()
  const checked = schema.safeParse(parsed)
  if (!checked.success) throw new IndexFault('object_corrupt', scope, `${object}: ${checked.error.message}`)
  return checked.data
}
