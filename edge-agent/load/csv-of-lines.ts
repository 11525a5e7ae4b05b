/** How Postgres is to read what `csvOfLines` makes, and to write what `CanonicalHash` reads. */
export const CSV = String.raw`format csv, quote '"', escape '\', null 'null', encoding 'UTF8'`

const LINE_FEED = 10
const QUOTE = 34
const BACKSLASH = 92

/**
 * Canonical rows as CSV for COPY. With these quote and escape marks a JSON array of texts without its brackets is CSV as it
 * stands: only lines with another escape than `\"` and `\\` (line feeds, tabs and other control characters) are rewritten.
 * So a million rows cost a search for line feeds and a copy, not a million parses.
 * @param lines whole canonical lines, verified; it is written over, since CSV is never longer.
 */
export function csvOfLines(lines: Buffer): Buffer {
  let to = 0
  let escape = lines.indexOf(BACKSLASH)
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(LINE_FEED, start)
    let isPlain = true
    while (escape !== -1 && escape < end) {
      const next = lines[escape + 1]
      if (next !== QUOTE && next !== BACKSLASH) isPlain = false
      escape = lines.indexOf(BACKSLASH, escape + 2)
    }
    // An escaped control character is six bytes or two, and one byte as itself: there is room.
    to += isPlain ? lines.copy(lines, to, start + 1, end - 1) : lines.write(rewritten(lines, start, end), to)
    lines[to++] = LINE_FEED
    start = end + 1
  }
  return lines.subarray(0, to)
}

function rewritten(lines: Buffer, start: number, end: number): string {
  const values = JSON.parse(lines.toString('utf8', start, end)) as (string | null)[]
  return values.map((value) => (value === null ? 'null' : `"${value.replaceAll(/[\\"]/g, String.raw`\$&`)}"`)).join(',')
}
