import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client/core';
import { createMenjinLink, Session } from '@menjin/apollo-link';

import possibleTypes from './generated/possible-types.ts';

const uri = '/graphql';

/** The gateway writes its messages in the language of the page. */
function language(): Record<string, string> {
  return { 'accept-language': document.documentElement.lang };
}

export const session = new Session({ uri, headers: language });

const languageLink = new ApolloLink((operation, forward) => {
  operation.setContext(({ headers }: { headers?: Record<string, string> }) => ({
    headers: { ...headers, ...language() },
  }));
  return forward(operation);
});

export const client = new ApolloClient({
  link: ApolloLink.from([
    createMenjinLink(session),
    languageLink,
    new HttpLink({ uri, credentials: 'include', fetch: session.fetch }),
  ]),
  // Without the possible types, Apollo Client drops what fragments on `Problem` ask for.
  cache: new InMemoryCache({
    possibleTypes: possibleTypes.possibleTypes,
    typePolicies: { User: { merge: true }, Settings: { merge: true } },
  }),
});

// What one user has seen must not be shown to the next one.
session.onChange((state, previous) => {
  const before = previous.status === 'signed-in' ? previous.account : undefined;
  const after = state.status === 'signed-in' ? state.account : undefined;
  if (before !== undefined && before !== after) void client.clearStore();
});
