import { parentPort } from 'node:worker_threads'
import { AuditChain } from './audit-chain.ts'
import { unpacked } from './packed-messages.ts'
import { stretchProof } from './stretch-proof.ts'

/** What {@link ChainThread} starts: answers each stretch of the log, in turn, with its proof. What it throws ends it. */
const chain = new AuditChain()
parentPort?.on('message', (packed: Uint8Array<ArrayBuffer>) => {
  const proof = stretchProof(chain, unpacked(packed))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have none
  parentPort?.postMessage(proof)
})
