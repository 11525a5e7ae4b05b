import { registerCompletionHandler } from 'ava'

const cleanups: (() => Promise<unknown>)[] = []

/**
 * Runs `cleanup` when all tests of the file and their hooks are over, the last one registered first. Unlike
 * `test.after` it may be called at any moment, in hooks too, and never runs beside a hook that still uses the thing.
 */
export function afterTests(cleanup: () => Promise<unknown>): void {
  if (cleanups.length === 0) registerCompletionHandler(() => void runAll())
  cleanups.push(cleanup)
}

async function runAll(): Promise<void> {
  for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
    try {
      await cleanup()
    } catch (error) {
      console.error('cleaning up after the tests failed:', error)
      process.exitCode = 1
    }
  }
}
