import { compactVerify } from 'jose/jws/compact/verify'
import { importJWK } from 'jose/key/import'
import { Refusal } from './refusal.ts'

/** Raw Ed25519 public keys (base64url) by the name that signatures call them. */
export type PublicKeys = (kid: string | undefined) => string | undefined

/**
 * The payload of a JWS in compact form, by a key that `keys` knows and of the type `typ`, so that what was signed for one
 * purpose serves no other.
 * @throws Refusal `signature`.
 */
export async function verifyJws(jws: string, keys: PublicKeys, typ: string): Promise<Uint8Array> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      jws,
      ({ kid }) => {
        const x = keys(kid)
        if (x === undefined) throw new Error(`key "${kid?.slice(0, 64) ?? ''}" is not one to be believed`)
        return importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA')
      },
      { algorithms: ['EdDSA'] },
    )
    if (protectedHeader.typ !== typ) throw new Error(`it is of type "${protectedHeader.typ?.slice(0, 64) ?? ''}"`)
    return payload
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Refusal('signature', `the signature of a ${typ} does not hold: ${why}`, { cause })
  }
}
