import { createProbeServer } from '../../../http/create-probe-server.ts'
import { listen } from './listen.ts'
import { probeParts } from './probe-parts.ts'
import type { RoleParts } from './role.ts'

/** In a process without the role `http`: its probes and metrics, where that role would listen. */
export async function startProbes(parts: RoleParts): Promise<AsyncDisposable & { readonly url: string }> {
  return listen(await createProbeServer(probeParts(parts)), parts)
}
