/**
 * The command line that goes on with a job which this one began or went on with, ready to be given to a shell.
 * @param words of this command line, from the first after the program's name on.
 */
export function resumeCommand(words: readonly string[], jobId: string): string {
  const isNamed = words.some((word) => word === '--job' || word.startsWith('--job='))
  return ['pharos', ...words, ...(isNamed ? [] : ['--job', jobId])].map(quoted).join(' ')
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
