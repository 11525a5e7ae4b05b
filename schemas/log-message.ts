/** A message of a stream with its place there, undecoded. */
export interface LogMessage {
  readonly sequence: number
  readonly subject: string
  readonly data: Uint8Array
}
