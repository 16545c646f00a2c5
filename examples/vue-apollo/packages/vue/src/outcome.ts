import type { RefusalFragment } from './generated.ts';

/** A refusal that the schema names. */
export type Refusal = RefusalFragment;

/** What a mutation returns when it is not refused. */
export type Success<TOutcome> = Exclude<TOutcome, { code: unknown; message: string }>;

/**
 * Why there is no outcome at all.
 *
 * `network`: no response. `unavailable`: the gateway is busy or one of its stores is down, try again later.
 * `unauthenticated`: nobody is signed in. `server`: anything else; the request id helps whoever is asked for help.
 */
export interface Failure {
  kind: 'network' | 'unavailable' | 'unauthenticated' | 'server';
  requestId?: string | undefined;
}

export function isRefusal(outcome: { __typename: string }): outcome is Refusal {
  return 'code' in outcome && 'message' in outcome;
}

/**
 * The messages of a refusal by field: the last part of the path, as in `contact.mobile.code`.
 * A wrong code and a name that is taken belong to their fields as well.
 */
export function fieldMessages(refusal: Refusal | undefined): Record<string, string> {
  switch (refusal?.__typename) {
    case 'InvalidInput': {
      // The first of several messages for one field is the one to mend first.
      const entries = refusal.fields.map(({ path, message }) => [lastPart(path), message] as const);
      return Object.fromEntries(entries.reverse());
    }
    case 'IdentifierTaken':
      return { [lastPart(refusal.field)]: refusal.message };
    case 'CodeRejected':
      return { code: refusal.message };
    default:
      return {};
  }
}

/** The failure behind an error that Apollo Client 3 or 4 has thrown. */
export function failureOf(error: unknown): Failure {
  const errors = graphQLErrors(error);
  if (errors.length === 0) return { kind: isHttpError(error) ? 'unavailable' : 'network' };
  const extensions = errors.map((one) => (isRecord(one) && isRecord(one['extensions']) ? one['extensions'] : {}));
  const codes = extensions.map(({ code }) => code);
  const requestId = extensions.map((one) => one['requestId']).find((id) => typeof id === 'string');
  if (codes.includes('UNAUTHENTICATED')) return { kind: 'unauthenticated', requestId };
  if (codes.includes('UNAVAILABLE') || codes.includes('RATE_LIMITED')) return { kind: 'unavailable', requestId };
  return { kind: 'server', requestId };
}

function graphQLErrors(error: unknown): readonly unknown[] {
  if (!isRecord(error)) return [];
  for (const key of ['graphQLErrors', 'errors']) {
    const errors = error[key];
    if (Array.isArray(errors) && errors.length > 0) return errors;
  }
  const result = isRecord(error['networkError']) ? error['networkError']['result'] : error['result'];
  return isRecord(result) && Array.isArray(result['errors']) ? result['errors'] : [];
}

function isHttpError(error: unknown): boolean {
  if (!isRecord(error)) return false;
  return typeof error['statusCode'] === 'number' || isHttpError(error['networkError']);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
