import type { Actor } from '../schemas/actor.ts'
import type { Scope } from '../schemas/scope.ts'

/** What a command or query needs to be allowed to do. */
export interface Permission {
  readonly action: 'read' | 'write' | 'administer'
  readonly on: 'alias' | 'access' | 'fleet' | 'operations' | 'audit' | 'channel' | 'observation'
  /** The scope touched, where the thing has one. */
  readonly scope?: Scope
  /** The device that observes, where one is named. */
  readonly device?: string
}

/** Decides who may do what; answered from the actor alone, never from stored state. */
export interface AccessPolicy {
  allows(actor: Actor, permission: Permission): boolean
  /** Whether the actor may change what others own (and name another owner). */
  actsForOthers(actor: Actor): boolean
}
