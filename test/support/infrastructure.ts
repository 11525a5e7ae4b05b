/** What tests run against: one nats-server and one Postgres for the whole run, apart for each caller. */
export { afterTests } from './after-tests.ts'
export { eventually } from './eventually.ts'
export { startProcess, type TestProcess } from './start-process.ts'
export { testDatabase, type TestDatabase } from './test-database.ts'
export { testNats, type TestNats } from './test-nats.ts'
export { testPrefix } from './test-prefix.ts'
