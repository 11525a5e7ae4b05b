/** `BENCH_DATABASE_URL`: an empty database to measure on instead of the embedded one, such as one with TimescaleDB; `undefined` where it is not set. */
export function benchDatabase(): string | undefined {
  const url = process.env['BENCH_DATABASE_URL']
  return url === '' ? undefined : url
}
