/** What stands under a pointer's key is no pointer: something else has written there, or another version of this code. */
export class UnreadablePointer extends Error {
  override readonly name = 'UnreadablePointer'
}
