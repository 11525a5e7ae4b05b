import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const COMPILE_CACHE = resolve('node_modules/.cache/compiled')

/** `ok 7 - title`, `not ok - file has no tests`, `ok 8 - title # SKIP`. */
const RESULT = /^(ok|not ok)\b(?: \d+)? - .*?( # (?:SKIP|TODO)\b.*)?$/

/**
 * Runs ava, passes its TAP through, and counts the results in it. It counts them itself since a run that hangs ends
 * without ava's summary, and what had passed by then still passed.
 */
export async function runAva(args: readonly string[], env: NodeJS.ProcessEnv): Promise<TestCounts> {
  const child = spawn(process.execPath, ['node_modules/ava/entrypoints/cli.js', '--tap', ...args], {
    // Each of a hundred workers, and each process that a test starts, would strip and compile the same modules again.
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  const counts = { passed: 0, failed: 0, skipped: 0 }
  let summarized = false
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line)
    summarized ||= /^# fail \d+$/.test(line)
    const [, result, directive] = RESULT.exec(line) ?? []
    if (directive !== undefined) counts.skipped++
    else if (result === 'ok') counts.passed++
    else if (result === 'not ok') counts.failed++
  }
  await exit
  // ava gave up, or failed for what is no test (a file that crashed or does not end): that counts as one.
  if (!summarized || (child.exitCode !== 0 && counts.failed === 0)) counts.failed++
  return counts
}
