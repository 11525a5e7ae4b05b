import { userInfo } from 'node:os'

/** Who sits at the terminal, by the operating system's account. In a container the number may have no name: then the number. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] || `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
