/** Shortest secret that is taken, in bytes: what HMAC-SHA256 can use in full. */
const MIN_BYTES = 32

/**
 * `SECRET_KEY` as bytes. It signs tokens, and the key that digests API keys is derived from it.
 * @throws RangeError when it is shorter than 32 bytes.
 */
export function secretKeyBytes(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length < MIN_BYTES)
    throw new RangeError(
      `SECRET_KEY has ${bytes.length} bytes, at least ${MIN_BYTES} are needed; "openssl rand -base64 48" makes one`,
    )
  return bytes
}
