import type { z } from 'zod'
import { signingKeyRotation } from '../signing-key.ts'

/** Command data by command type. */
export const signingKeyCommandData = {
  /** Notes who let which key sign manifests: the keys themselves are a file, which no command changes. */
  'signing-key.note-rotation': signingKeyRotation.refine(({ signs, believed }) => believed.includes(signs), {
    path: ['believed'],
    message: 'the key that signs must be among those that are believed',
  }),
} as const

export type SigningKeyCommand = {
  [T in keyof typeof signingKeyCommandData]: {
    readonly type: T
    readonly data: z.infer<(typeof signingKeyCommandData)[T]>
  }
}[keyof typeof signingKeyCommandData]
