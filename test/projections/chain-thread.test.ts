import test from 'ava'
import { AuditChain } from '../../projections/audit/audit-chain.ts'
import { ChainThread } from '../../projections/audit/chain-thread.ts'
import { PackedMessages } from '../../projections/audit/packed-messages.ts'
import { stretchProof } from '../../projections/audit/stretch-proof.ts'
import type { LogMessage } from '../../schemas/log-message.ts'
import { AliasLog, GLOBAL_SCOPE, registered } from './alias-events.ts'

function stretches(): readonly (readonly LogMessage[])[] {
  const made = new AliasLog()
  for (let n = 1; n <= 30; n++) made.record(registered(n, GLOBAL_SCOPE, `name-${n}`))
  const messages = made.events.map(({ sequence, subject, envelope }) => ({
    sequence,
    subject,
    data: Buffer.from(JSON.stringify(envelope)),
  }))
  return [messages.slice(0, 20), [], messages.slice(20)]
}

function packed(messages: readonly LogMessage[]): Uint8Array<ArrayBuffer> {
  const all = new PackedMessages()
  for (const message of messages) all.add(message)
  return all.packed
}

test('a thread gives each stretch the proof that it has here, one chained to the other', async (t) => {
  const chain = new AuditChain()
  const expected = stretches().map((messages) => stretchProof(chain, messages))
  await using thread = new ChainThread()
  const proofs = await Promise.all(stretches().map((messages) => thread.prove(packed(messages))))
  t.deepEqual(proofs, expected)
  t.deepEqual(
    proofs.map(({ entries }) => entries),
    [20, 0, 10],
  )
  t.is(proofs[2]?.prevHash, proofs[0]?.hash)
})

test('what goes wrong in the thread is told to all who wait, and to all who ask later', async (t) => {
  await using thread = new ChainThread()
  const waited = await Promise.allSettled([thread.prove(new Uint8Array(3)), thread.prove(packed([]))])
  const later = await Promise.allSettled([thread.prove(packed([]))])
  for (const one of [...waited, ...later]) {
    t.is(one.status, 'rejected')
    const { reason } = one as PromiseRejectedResult
    t.is((reason as Error).message, "the thread of the audit's chain failed")
    t.like((reason as Error).cause, { name: 'RangeError', code: 'ERR_BUFFER_OUT_OF_BOUNDS' })
  }
})

test('a thread that is ended leaves nobody waiting', async (t) => {
  const thread = new ChainThread()
  const asked = thread.prove(packed(stretches()[0] ?? []))
  const failed = t.throwsAsync(asked, { message: /thread of the audit's chain/ })
  await thread[Symbol.asyncDispose]()
  await failed
})
