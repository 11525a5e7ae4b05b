import { z } from 'zod'

/** Names a key that signs manifests, as devices see it in a signature: the hash of its public half. */
const keyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of a key, as rotate-signing-key prints it')

/** Which keys sign for devices since a rotation; nothing of it is secret. */
export const signingKeyRotation = z.strictObject({
  /** Counts the rotations of an installation; the first keys are version 1. */
  version: z.int().min(1),
  /** The key that signs. */
  signs: keyId,
  /** All keys that devices believe from here on, that one among them. */
  believed: z.array(keyId).min(1).max(8),
})
