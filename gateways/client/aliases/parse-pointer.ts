import { aliasIndexPointer, type AliasIndexPointer } from '../../../schemas/alias-index.ts'
import { IndexFault } from './index-fault.ts'

/** @throws IndexFault `pointer_invalid`. */
export function parsePointer(text: string, scope: string): AliasIndexPointer {
  try {
    return aliasIndexPointer.parse(JSON.parse(text))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new IndexFault('pointer_invalid', scope, `the pointer of ${scope} is none: ${why}`, { cause: error })
  }
}
