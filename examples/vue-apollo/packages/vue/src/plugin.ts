import type { ApolloClient } from '@apollo/client/core';
import type { Session } from '@menjin/apollo-link';
import { inject, type InjectionKey, type Plugin } from 'vue';

/** What the composables need: an Apollo client whose links include the one of the session. */
export interface Menjin {
  client: Pick<InstanceType<typeof ApolloClient>, 'mutate' | 'query'>;
  session: Session;
}

const KEY: InjectionKey<Menjin> = Symbol('menjin');

/** Returns the plugin for `app.use`. */
export function createMenjin(menjin: Menjin): Plugin {
  return {
    install(app) {
      app.provide(KEY, menjin);
    },
  };
}

export function useMenjin(): Menjin {
  const menjin = inject(KEY);
  if (menjin === undefined) throw new Error('Call app.use(createMenjin({ client, session })) first.');
  return menjin;
}
