/**
 * Whether a command is in the log by its sender's account. A client whose answer is late sends again, and is told
 * `duplicate`: on a busy machine that is the same outcome.
 */
export function isDone({ status }: { readonly status: string }): boolean {
  return status === 'accepted' || status === 'duplicate'
}
