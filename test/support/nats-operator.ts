import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** What a nats-server in operator mode is configured with, and the credentials of one user that it takes. */
export interface NatsOperator {
  /** Lines of the server's configuration. */
  readonly config: string
  /** Content of a `.creds` file. */
  readonly creds: string
}

/** A throw-away operator with one account, which has JetStream, and one user in it. */
export function natsOperator(): NatsOperator {
  const [operator, system, account, user] = [makeKey('O'), makeKey('A'), makeKey('A'), makeKey('U')]
  const anything = { subs: -1, data: -1, payload: -1 }
  const limits = { ...anything, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }
  const ofSystem = { type: 'account', version: 2, limits }
  const ofAccount = { type: 'account', version: 2, limits: { ...limits, ...storage } }
  const operatorJwt = encode(operator, operator, { type: 'operator', version: 2, system_account: system.publicKey })
  return {
    config: [
      `operator: ${operatorJwt}`,
      `system_account: ${system.publicKey}`,
      'resolver: MEMORY',
      'resolver_preload: {',
      `  ${system.publicKey}: ${encode(operator, system, ofSystem)}`,
      `  ${account.publicKey}: ${encode(operator, account, ofAccount)}`,
      '}',
    ].join('\n'),
    creds: [
      '-----BEGIN NATS USER JWT-----',
      encode(account, user, { type: 'user', version: 2, pub: {}, sub: {}, ...anything }),
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      user.seed,
      '------END USER NKEY SEED------',
      '',
    ].join('\n'),
  }
}

interface Key {
  readonly publicKey: string
  readonly seed: string
  readonly sign: KeyObject
}

/** The first letter of a public key says what it is of. */
const PREFIX = { O: 14 << 3, A: 0, U: 20 << 3 } as const
const SEED = 18 << 3

function makeKey(of: keyof typeof PREFIX): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = (key: KeyObject, part: 'x' | 'd'): Buffer =>
    Buffer.from(key.export({ format: 'jwk' })[part] ?? '', 'base64url')
  const prefix = PREFIX[of]
  return {
    publicKey: checked(Buffer.of(prefix), raw(publicKey, 'x')),
    seed: checked(Buffer.of(SEED | (prefix >> 5), (prefix & 31) << 3), raw(privateKey, 'd')),
    sign: privateKey,
  }
}

function encode(issuer: Key, subject: Key, nats: object): string {
  const claims = { jti: subject.publicKey, iat: Math.floor(Date.now() / 1000), name: 'test' }
  const body = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { ...claims, iss: issuer.publicKey, sub: subject.publicKey, nats },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${body}.${sign(null, Buffer.from(body), issuer.sign).toString('base64url')}`
}

/** Base32 of the bytes and their CRC-16 (XMODEM), as nkeys are written. */
function checked(...parts: readonly Buffer[]): string {
  const bytes = Buffer.concat(parts)
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff
  }
  const bits = [...bytes, crc & 0xff, crc >> 8].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}
