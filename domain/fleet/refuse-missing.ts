import { type Refusal, refuse } from '../decider.ts'

/** A thing of the fleet as far as others must know it: there, never there, or gone for good. */
interface Standing {
  readonly status: string
}

/** `company_not_found` where there is none (any more). */
export function refuseMissing(kind: string, id: string, { status }: Standing = { status: 'none' }): Refusal {
  const was = status === 'none' ? `there is no ${kind} "${id}"` : `the ${kind} "${id}" was ${status}`
  return refuse(`${kind}_not_found`, was, `${kind}Id`)
}

/** `company_exists`, or `company_id_used` where one with this id was removed: what referred to it must not mean another. */
export function refuseTaken(kind: string, id: string, { status }: Standing): Refusal {
  return status === 'registered'
    ? refuse(`${kind}_exists`, `there is a ${kind} "${id}" already`, `${kind}Id`)
    : refuse(`${kind}_id_used`, `the ${kind} "${id}" was ${status}; take another id`, `${kind}Id`)
}

/** `location_in_use`, naming the kinds of what refers to it. */
export function refuseInUse(kind: string, id: string, referrers: readonly string[]): Refusal {
  return refuse(`${kind}_in_use`, `the ${kind} "${id}" still has ${referrers.join(' and ')}`, `${kind}Id`)
}
