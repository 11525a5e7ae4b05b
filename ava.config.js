export default {
  files: ['test/**/*.test.ts'],
  extensions: ['ts'],
  concurrency: 2,
  timeout: '5m',
  workerThreads: false,
}
