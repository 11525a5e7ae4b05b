import { runAva } from './run-ava.ts'
import { runChecks } from './run-checks.ts'
import { startTestServers, testServersEnv } from './test-servers.ts'

/**
 * `npm test`: every static check and every test, and at the end one line `N passed, N failed`. Each check counts as
 * one. They run while tests wait for something. Arguments go to ava (`npm test -- test/infra`); nothing that fails is ever left out of the line.
 */
const [checks, tests] = await Promise.all([runChecks(), withServers((env) => runAva(process.argv.slice(2), env))])
for (const line of checks.report) console.log(line)

const passed = checks.passed + tests.passed
const failed = checks.failed + tests.failed
console.log(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`)
process.exitCode = failed > 0 || tests.passed === 0 ? 1 : 0

/** Servers that do not start fail the run as one failed check: then no test could have run. */
async function withServers(run: (env: NodeJS.ProcessEnv) => ReturnType<typeof runAva>): ReturnType<typeof runAva> {
  try {
    const servers = await startTestServers()
    // Ctrl-C reaches ava too, which ends; then the servers are stopped here.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => {})
    try {
      return await run(testServersEnv(servers))
    } finally {
      await servers.stop()
    }
  } catch (error) {
    console.error('the test servers failed:', error)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
