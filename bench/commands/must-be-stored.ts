/**
 * A duplicate is one whose acknowledgement came late: the store has found its own message again.
 * @throws Error when the command was not stored.
 */
export function mustBeStored(answer: string): void {
  if (!/^\{"status":"(accepted|duplicate)"/.test(answer)) throw new Error(`the command was answered ${answer}`)
}
