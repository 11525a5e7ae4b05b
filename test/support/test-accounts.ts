import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NatsAccount } from '../../infra/embedded/nats-server-config.ts'

/** As many callers can have an account at one time. They cost nothing until used. */
const ACCOUNTS = 128

/** The accounts of a test server: streams of different accounts know nothing of each other. */
export function testAccounts(password: string): NatsAccount[] {
  return Array.from({ length: ACCOUNTS }, (_, number) => ({ name: `TEST_${number}`, user: user(number), password }))
}

/** Takes an account that no other test process has; `release` gives it back. Making a directory is the atomic step. */
export async function claimAccount(runDir: string): Promise<{ user: string; release(): Promise<void> }> {
  for (let number = 0; number < ACCOUNTS; number++) {
    const claim = join(runDir, `account-${number}`)
    try {
      await mkdir(claim)
      return { user: user(number), release: () => rmdir(claim) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  throw new Error(`all ${ACCOUNTS} NATS accounts of this test run are in use: raise ACCOUNTS`)
}

function user(number: number): string {
  return `test-${number}`
}
