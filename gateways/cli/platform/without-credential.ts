/** The first of the platform's own URLs, without what it proves itself with. */
export function withoutCredential(urls: string): string {
  const url = new URL(urls.split(',')[0] ?? '')
  url.username = ''
  url.password = ''
  url.search = ''
  return url.href
}
