import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterTests } from './after-tests.ts'

/** Paths of PEM files. */
export interface IssuedCertificate {
  readonly cert: string
  readonly key: string
}

/** An authority that nobody knows, for tests of TLS: its own certificate, and others that it signs: for a name, and for this machine. */
export interface ThrowAwayCa {
  readonly ca: string
  issue(name: string): Promise<IssuedCertificate>
}

/** Made here rather than by openssl, which a machine need not have. Its files are gone after the tests. */
export async function throwAwayCa(): Promise<ThrowAwayCa> {
  const dir = await mkdtemp(join(tmpdir(), 'pharos-ca-'))
  afterTests(() => rm(dir, { recursive: true, force: true }))
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = 'Pharos test authority'
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(dir, name)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }
  const signed = (subject: string, publicKey: KeyObject, extensions: Buffer): string =>
    pem(certificate({ issuer, subject, publicKey, extensions, signWith: authority.privateKey }))
  return {
    ca: await file('ca.pem', signed(issuer, authority.publicKey, IS_AUTHORITY)),
    async issue(name) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return {
        cert: await file(`${name}.pem`, signed(name, publicKey, namesOf(name))),
        key: await file(`${name}-key.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
      }
    },
  }
}

interface Certificate {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: KeyObject
  readonly extensions: Buffer
  readonly signWith: KeyObject
}

/** X.509 v3 in DER (RFC 5280), signed with ECDSA and SHA-256, valid from an hour ago for a day. */
function certificate({ issuer, subject, publicKey, extensions, signWith }: Certificate): Buffer {
  const from = Date.now() - 3_600_000
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    commonName(issuer),
    sequence(utcTime(from), utcTime(from + 86_400_000)),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extensions)),
  )
  const signature = sign('sha256', body, signWith)
  return sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature))
}

/** Tag, length, value. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), value])
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts)
}

function identifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(identifier('550403'), der(0x0c, Buffer.from(name)))))
}

function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`))
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'))
/** basicConstraints, critical: it may sign others. */
const IS_AUTHORITY = sequence(
  identifier('551d13'),
  der(0x01, Buffer.of(0xff)),
  der(0x04, sequence(der(0x01, Buffer.of(0xff)))),
)
/** subjectAltName: its own name, and those of this machine. */
function namesOf(name: string): Buffer {
  const names = [name, 'localhost'].map((one) => der(0x82, Buffer.from(one)))
  return sequence(identifier('551d11'), der(0x04, sequence(...names, der(0x87, Buffer.of(127, 0, 0, 1)))))
}
