import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import stringify from 'fast-json-stable-stringify'

/** Ed25519 (RFC 8037). */
const ALGORITHM = 'EdDSA'

export interface JwsHeader {
  readonly typ: string
  /** Left out by the root key: there is one. */
  readonly kid?: string
}

/** A JWS in compact form over canonical JSON (RFC 7515). */
export function signedJws(key: KeyObject, header: JwsHeader, content: object): string {
  const [head, payload] = [encode(protectedHeader(header)), encode(stringify(content))]
  return `${head}.${payload}.${signature(key, head, payload)}`
}

/** The same with its payload left out (RFC 7515, appendix F): it is what it stands beside, as canonical JSON. */
export function detachedJws(key: KeyObject, header: JwsHeader, content: object): string {
  const [head, payload] = [encode(protectedHeader(header)), encode(stringify(content))]
  return `${head}..${signature(key, head, payload)}`
}

/** Who signed, by a detached JWS' own account; `undefined` where it is none of that type. */
export function signerOf(jws: string, typ: string): string | undefined {
  const [head = ''] = jws.split('.')
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString())
    if (typeof header !== 'object' || header === null || !('kid' in header) || !('typ' in header)) return undefined
    return header.typ === typ && typeof header.kid === 'string' ? header.kid : undefined
  } catch {
    return undefined
  }
}

/** Whether the detached JWS is the key's over this content. `x`: raw public key, base64url. */
export function isDetachedJwsOf(jws: string, x: string, content: object): boolean {
  const [head = '', empty, signed = ''] = jws.split('.')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return (
    empty === '' &&
    verify(null, Buffer.from(`${head}.${encode(stringify(content))}`), key, Buffer.from(signed, 'base64url'))
  )
}

/** A key's name for ever: its thumbprint (RFC 7638). */
export function keyId(x: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
}

function protectedHeader({ typ, kid }: JwsHeader): string {
  return JSON.stringify({ alg: ALGORITHM, ...(kid === undefined ? {} : { kid }), typ })
}

function signature(key: KeyObject, head: string, payload: string): string {
  return sign(null, Buffer.from(`${head}.${payload}`), key).toString('base64url')
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
