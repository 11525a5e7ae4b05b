/**
 * Type of the events on stream `AUDIT`: commands that were refused, those of one credential, command and code counted
 * together. Their data: `command`, `status`, `code`, `message` (of the first), `count`, `firstAt`, `lastAt`.
 */
export const REFUSED_EVENT = 'pharos.command.refused.v1'
