import { ApolloLink, Observable } from '@apollo/client/core';
import { Kind, type DocumentNode } from 'graphql';

import { isRecord } from './gateway.ts';
import type { Session } from './session.ts';

/**
 * Sends the access token with every operation, and takes over the tokens of every `SignedIn` that comes back.
 *
 * When the gateway does not accept a token any more, it says `UNAUTHENTICATED`, or `me` is null. The link then waits for
 * the next token and sends the operation once more. That is safe for mutations as well: the gateway refuses before it
 * executes. Operations with the context `{ menjin: 'anonymous' }` carry no token.
 */
export function createMenjinLink(session: Session): ApolloLink {
  return new ApolloLink(
    (operation, forward) =>
      new Observable((observer) => {
        const anonymous = operation.getContext()['menjin'] === 'anonymous';
        let inner: { unsubscribe(): void } | undefined;
        let closed = false;

        const send = (token: string | undefined, mayReplay: boolean): void => {
          if (closed) return;
          if (token !== undefined) {
            operation.setContext((previous: Record<string, unknown>) => ({
              ...previous,
              headers: { ...(isRecord(previous['headers']) ? previous['headers'] : {}), authorization: `Bearer ${token}` },
            }));
          }
          let replaying = false;
          const replay = (refused: string, otherwise: () => void): void => {
            replaying = true;
            const before = session.state;
            session.replace(refused).then(
              (next) => {
                const after = session.state;
                const sameAccount =
                  before.status === 'signed-in' && after.status === 'signed-in' && before.account === after.account;
                if (next !== undefined && sameAccount) send(next, false);
                else otherwise();
              },
              (error: unknown) => observer.error(error),
            );
          };
          inner = forward(operation).subscribe({
            next: (result) => {
              takeTokens(session, result.data);
              if (mayReplay && token !== undefined && isRefused(result, operation.query)) {
                replay(token, () => {
                  observer.next(result);
                  observer.complete();
                });
              } else {
                observer.next(result);
              }
            },
            error: (error: unknown) => {
              if (mayReplay && token !== undefined && isUnauthenticated(errorsOf(error))) {
                replay(token, () => observer.error(error));
              } else {
                observer.error(error);
              }
            },
            complete: () => {
              if (!replaying) observer.complete();
            },
          });
        };

        const ready = anonymous ? session.settled().then(() => undefined) : session.token();
        ready.then(
          (token) => send(token, true),
          (error: unknown) => observer.error(error),
        );
        return () => {
          closed = true;
          inner?.unsubscribe();
        };
      }),
  );
}

/** The tokens of a mutation that signed somebody in. */
function takeTokens(session: Session, data: unknown): void {
  if (!isRecord(data)) return;
  for (const field of Object.values(data)) {
    if (!isRecord(field) || field['__typename'] !== 'SignedIn') continue;
    const { accessToken, refreshToken } = field;
    if (typeof accessToken !== 'string') continue;
    session.accept({ accessToken, refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined });
  }
}

function isRefused(result: { data?: unknown; errors?: unknown }, query: DocumentNode): boolean {
  return isUnauthenticated(result.errors) || isNobody(result.data, query);
}

function isUnauthenticated(errors: unknown): boolean {
  return (
    Array.isArray(errors) &&
    errors.some(
      (error) => isRecord(error) && isRecord(error['extensions']) && error['extensions']['code'] === 'UNAUTHENTICATED',
    )
  );
}

/** Whether `me` was asked for and is null: the gateway does not know the token that came with the request. */
function isNobody(data: unknown, query: DocumentNode): boolean {
  if (!isRecord(data)) return false;
  return query.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.selectionSet.selections.some(
        (field) =>
          field.kind === Kind.FIELD && field.name.value === 'me' && data[field.alias?.value ?? field.name.value] === null,
      ),
  );
}

/** The GraphQL errors of a response with an HTTP status that Apollo's link takes for a failure. */
function errorsOf(error: unknown): unknown {
  if (!isRecord(error)) return undefined;
  const { errors, result, bodyText } = error;
  if (Array.isArray(errors)) return errors;
  if (isRecord(result)) return result['errors'];
  if (typeof bodyText !== 'string') return undefined;
  try {
    const body: unknown = JSON.parse(bodyText);
    return isRecord(body) ? body['errors'] : undefined;
  } catch {
    return undefined;
  }
}
