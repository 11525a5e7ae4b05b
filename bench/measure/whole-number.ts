/** A whole number above 0 from the environment, for trials: `unset` when the variable is not set. @throws RangeError naming the variable. */
export function wholeNumber(variable: string, unset: number): number {
  const text = process.env[variable]
  if (text === undefined || text === '') return unset
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new RangeError(`${variable} must be a whole number above 0, not "${text}"`)
  return Number(text)
}
