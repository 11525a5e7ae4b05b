/** A whole number with commas between its thousands. `toLocaleString` says the same, and its first call costs a start 10 ms. */
export function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}
