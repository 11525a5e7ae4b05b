import * as errors from 'jose/errors'

/** Whether the error says something about the token itself; what does not is an outage of the key set. */
export function isVerdict(error: unknown): boolean {
  return VERDICTS.some((verdict) => error instanceof verdict)
}

const VERDICTS = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTInvalid,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
]
