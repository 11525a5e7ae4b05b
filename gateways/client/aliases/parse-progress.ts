import { z } from 'zod'
import { epoch, type Position } from '../../../schemas/position.ts'

const progress = z.object({ epoch, position: z.int().min(0) })

/** How far the index as a whole has come; undefined when that is not told. */
export function parseProgress(text: string | undefined): Position | undefined {
  if (text === undefined) return undefined
  try {
    const { epoch, position } = progress.parse(JSON.parse(text))
    return { epoch, sequence: position }
  } catch {
    return undefined
  }
}
