/** An instant (epoch milliseconds) as ISO 8601 text. Those who ask for the same one after the other are given one text. */
export function isoTime(at: number): string {
  if (at !== last.at) last = { at, text: new Date(at).toISOString() }
  return last.text
}

let last = { at: 0, text: '1970-01-01T00:00:00.000Z' }
