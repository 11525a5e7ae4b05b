import { join } from 'node:path'
import { unpackDebianPackage } from '../debian-package.ts'

/** Answers the path of the binary in `dir`. @throws Error when this is no Debian, or the package cannot be had. */
export async function fetchFromApt(dir: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  return join(await unpackDebianPackage('nats-server', dir, env, signal), 'usr/sbin/nats-server')
}
