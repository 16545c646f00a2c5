import { onScopeDispose, readonly, ref, toValue, watch, type MaybeRefOrGetter, type Ref } from 'vue';

import {
  EmailAvailableDocument,
  MobileAvailableDocument,
  NicknameAvailableDocument,
  UsernameAvailableDocument,
} from './generated.ts';
import { useMenjin } from './plugin.ts';

const DOCUMENTS = {
  username: UsernameAvailableDocument,
  nickname: NicknameAvailableDocument,
  mobile: MobileAvailableDocument,
  email: EmailAvailableDocument,
};

/** `unknown`: nothing typed, or the gateway does not say. */
export type Availability = 'unknown' | 'checking' | 'available' | 'unavailable';

const PAUSE = 400;

/** Asks whether a name or contact can still be used, a moment after the user has stopped typing. */
export function useAvailability(
  kind: keyof typeof DOCUMENTS,
  value: MaybeRefOrGetter<string>,
): Readonly<Ref<Availability>> {
  const { client } = useMenjin();
  const availability = ref<Availability>('unknown');
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;

  async function check(typed: string, mine: number): Promise<void> {
    availability.value = 'checking';
    let found: Availability = 'unknown';
    try {
      const { data } = await client.query({
        query: DOCUMENTS[kind],
        variables: { value: typed },
        fetchPolicy: 'no-cache',
        context: { menjin: 'anonymous' },
      });
      if (data !== undefined) found = data.available ? 'available' : 'unavailable';
    } catch {
      // An operator can switch the question off, and it is limited. The form works without.
    }
    // The answer to what was typed before says nothing any more.
    if (mine === turn) availability.value = found;
  }

  watch(
    () => toValue(value).trim(),
    (typed) => {
      clearTimeout(timer);
      turn += 1;
      availability.value = 'unknown';
      const mine = turn;
      if (typed !== '') timer = setTimeout(() => void check(typed, mine), PAUSE);
    },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    turn += 1;
  });
  return readonly(availability);
}
