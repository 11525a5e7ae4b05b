import { startInfrastructure } from '../../infra/embedded/embedded-infrastructure.ts'

// What `pharos up` is to its servers, for tests that kill it: `node infrastructure-owner.ts <data dir>`.
const [, , dataDir = ''] = process.argv
const infrastructure = await startInfrastructure({ dataDir })
const stay = setInterval(() => {}, 60_000)
process.once('SIGTERM', () => {
  clearInterval(stay)
  void infrastructure.stop()
})
console.log(`ready ${infrastructure.embedded.nats?.pid} ${infrastructure.embedded.postgres?.pid}`)
