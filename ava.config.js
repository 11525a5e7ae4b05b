export default {
  files: ['test/**/*.test.ts'],
  extensions: ['ts'],
  // One more than the cores that CI has: of three files one is usually waiting for a server or a lease.
  concurrency: 3,
  timeout: '5m',
  workerThreads: false,
  require: ['./test/support/without-source-maps.ts'],
}
