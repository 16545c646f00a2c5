import * as apollo from '@apollo/client/core';
import { ApolloClient, ApolloLink, gql, InMemoryCache, Observable } from '@apollo/client/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createMenjinLink } from '../src/link.ts';
import type { Session } from '../src/session.ts';
import { sleep, World } from './world.ts';

const ME = gql`
  query Me {
    me {
      id
    }
  }
`;
const REVOKE = gql`
  mutation Revoke {
    revokeOtherSessions {
      __typename
    }
  }
`;
const LOGIN = gql`
  mutation Login {
    login {
      __typename
    }
  }
`;

interface Sent {
  operation: string;
  token: string | undefined;
}

let world: World;
let session: Session;
let sent: Sent[];
/** Tokens that the gateway does not accept any more. */
let refused: Set<string>;

beforeEach(() => {
  world = new World();
  session = world.tab();
  sent = [];
  refused = new Set();
});
afterEach(() => world.close());

/** A gateway that executes operations whose token it accepts. */
const gateway = new ApolloLink(
  (operation) =>
    new Observable((observer) => {
      const headers = (operation.getContext()['headers'] ?? {}) as Record<string, string>;
      const token = headers['authorization']?.replace('Bearer ', '');
      sent.push({ operation: operation.operationName ?? '', token });
      const accepted = token !== undefined && !refused.has(token);
      const timer = setTimeout(() => {
        if (operation.operationName === 'Me') {
          observer.next({ data: { me: accepted ? { __typename: 'User', id: 'user-1' } : null } });
        } else if (operation.operationName === 'Login') {
          observer.next({ data: { login: world.signedIn() } });
        } else if (accepted) {
          observer.next({ data: { revokeOtherSessions: { __typename: 'OtherSessionsRevoked' } } });
        } else {
          const error = { message: 'A valid access token is required.', extensions: { code: 'UNAUTHENTICATED' } };
          observer.next({ data: null, errors: [error] } as never);
        }
        observer.complete();
      }, 1);
      return () => clearTimeout(timer);
    }),
);

type Client = Pick<InstanceType<typeof ApolloClient>, 'query' | 'mutate' | 'watchQuery'>;

function client(link: ApolloLink = gateway): Client {
  return new ApolloClient({
    link: ApolloLink.from([createMenjinLink(session), link]),
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: 'no-cache' }, mutate: { fetchPolicy: 'no-cache' } },
  } as never);
}

async function signIn(): Promise<string> {
  const accessToken = world.token();
  session.accept({ accessToken });
  await sleep(0);
  return accessToken;
}

test('these tests run with the version of Apollo Client that they claim to', () => {
  // Version 4 has removed `ApolloError`.
  expect('ApolloError' in apollo ? '3' : '4').toBe(process.env['APOLLO']);
});

describe('the link', () => {
  test('sends the access token, and none when nobody is signed in', async () => {
    await session.start();
    await client().query({ query: ME });
    const token = await signIn();
    await client().query({ query: ME });
    expect(sent.map((request) => request.token)).toEqual([undefined, token]);
  });

  test('keeps the other headers', async () => {
    await signIn();
    let headers: unknown;
    const look = new ApolloLink((operation, forward) => {
      headers = operation.getContext()['headers'];
      return forward(operation);
    });
    await client(look.concat(gateway)).query({ query: ME, context: { headers: { 'accept-language': 'en' } } });
    expect(headers).toMatchObject({ 'accept-language': 'en', authorization: expect.stringContaining('Bearer ') });
  });

  test('holds operations back until the start has told who is signed in', async () => {
    world.visitedBefore();
    const result = await client().query({ query: ME });
    expect(result.data).toEqual({ me: { __typename: 'User', id: 'user-1' } });
    expect(sent).toHaveLength(1);
  });

  test('replays twenty refused operations after one refresh', async () => {
    refused.add(await signIn());
    const here = client();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? here.query({ query: ME, context: { queryDeduplication: false } }) : here.mutate({ mutation: REVOKE }),
      ),
    );
    for (const { data } of results) expect(JSON.stringify(data)).toMatch(/user-1|OtherSessionsRevoked/);
    expect(world.refreshes).toBe(1);
    expect(sent).toHaveLength(40);
  });

  test('replays once: what is refused again is handed on', async () => {
    refused.add(await signIn());
    world.refresh = () => {
      const outcome = world.signedIn();
      refused.add(String(outcome['accessToken']));
      return outcome;
    };
    await expect(client().mutate({ mutation: REVOKE })).rejects.toThrow('A valid access token is required.');
    expect(sent).toHaveLength(2);
    expect(world.refreshes).toBe(1);
  });

  test('hands on ten waiting refusals when the session has ended', async () => {
    refused.add(await signIn());
    world.refresh = () => ({ __typename: 'SessionRejected' });
    const here = client();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => here.query({ query: ME, context: { queryDeduplication: false } })),
    );
    for (const { data } of results) expect(data).toEqual({ me: null });
    expect(world.refreshes).toBe(1);
    expect(session.state).toEqual({ status: 'signed-out', reason: 'ended' });
  });

  test('fails as the network does when the token cannot be renewed', async () => {
    refused.add(await signIn());
    world.online = false;
    await expect(client().query({ query: ME })).rejects.toThrow('The gateway cannot be reached.');
    expect(session.state.status).toBe('signed-in');
  });

  test('does not replay for another account', async () => {
    refused.add(await signIn());
    world.refresh = () => world.signedIn({ sub: 'user-2', sid: 'session-2' });
    await expect(client().mutate({ mutation: REVOKE })).rejects.toThrow('A valid access token is required.');
    expect(sent).toHaveLength(1);
  });

  test('recognizes UNAUTHENTICATED in a response with an HTTP error', async () => {
    for (const shape of ['result', 'errors', 'bodyText']) {
      const token = await signIn();
      sent = [];
      const body = { errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] };
      const failure = { result: { result: body }, errors: body, bodyText: { bodyText: JSON.stringify(body) } }[shape];
      const failing = new ApolloLink((operation, forward) =>
        String(operation.getContext()['headers'].authorization).endsWith(token)
          ? new Observable((observer) => observer.error(Object.assign(new Error('HTTP 401'), failure)))
          : forward(operation),
      );
      // A second later, so that the next token differs in its time as well.
      world.passed += 1_000;
      const result = await client(failing.concat(gateway)).query({ query: ME });
      expect(result.data).toEqual({ me: { __typename: 'User', id: 'user-1' } });
    }
  });

  test('takes over the tokens of a sign-in', async () => {
    await session.start();
    await client().mutate({ mutation: LOGIN, context: { menjin: 'anonymous' } });
    expect(session.state).toMatchObject({ status: 'signed-in', account: 'user-1' });
  });

  test('sends no token with an anonymous operation, even where one is there', async () => {
    await signIn();
    await client().mutate({ mutation: LOGIN, context: { menjin: 'anonymous' } });
    expect(sent).toEqual([{ operation: 'Login', token: undefined }]);
  });

  test('signs in without a refresh even while the gateway does not refresh', async () => {
    world.visitedBefore();
    world.refresh = () => ({ __typename: 'Surprise' });
    await session.start();
    await client().mutate({ mutation: LOGIN, context: { menjin: 'anonymous' } });
    expect(session.state.status).toBe('signed-in');
  });

  test('does not replay what nobody waits for any more', async () => {
    refused.add(await signIn());
    world.latency = 30;
    const subscription = client()
      .watchQuery({ query: ME })
      .subscribe({ next: () => {}, error: () => {} });
    await sleep(20);
    subscription.unsubscribe();
    await sleep(100);
    expect(sent).toHaveLength(1);
  });
});
