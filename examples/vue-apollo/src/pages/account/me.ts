import { useQuery } from '@vue/apollo-composable';
import { computed, type ComputedRef, type Ref } from 'vue';

import { MeDocument, type MeQuery } from '@/generated/operations.ts';

export type Me = NonNullable<MeQuery['me']>;

/** The user who is signed in. Mutations that return a `User` keep it up to date. */
export function useMe(): { me: ComputedRef<Me | undefined>; loading: Ref<boolean>; error: Ref<Error | null>; retry: () => void } {
  const { result, loading, error, refetch } = useQuery(MeDocument, {}, { fetchPolicy: 'cache-and-network' });
  return {
    me: computed(() => result.value?.me ?? undefined),
    loading,
    error,
    retry: () => void refetch()?.catch(() => {}),
  };
}
