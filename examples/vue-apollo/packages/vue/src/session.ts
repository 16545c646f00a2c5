import type { SessionState } from '@menjin/apollo-link';
import { computed, onScopeDispose, shallowRef, type ComputedRef, type ShallowRef } from 'vue';

import { useMenjin } from './plugin.ts';

export interface UseSession {
  state: Readonly<ShallowRef<SessionState>>;
  signedIn: ComputedRef<boolean>;
  /** The id of the user who is signed in. */
  account: ComputedRef<string | undefined>;
  /** Returns false when the gateway could not be reached; the user is signed out here all the same. */
  signOut(): Promise<boolean>;
  /** To be called when the gateway has ended the session, as after `deleteAccount`. */
  end(): void;
}

/** Whether somebody is signed in, in this and in all other tabs. */
export function useSession(): UseSession {
  const { session } = useMenjin();
  const state = shallowRef(session.state);
  onScopeDispose(
    session.onChange((next) => {
      state.value = next;
    }),
  );
  return {
    state,
    signedIn: computed(() => state.value.status === 'signed-in'),
    account: computed(() => (state.value.status === 'signed-in' ? state.value.account : undefined)),
    signOut: () => session.signOut(),
    end: () => session.end('signed-out'),
  };
}
