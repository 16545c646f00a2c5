import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { computed, readonly, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';

import { useCountdown } from './countdown.ts';
import { failureOf, fieldMessages, isRefusal, type Failure, type Refusal, type Success } from './outcome.ts';
import { useMenjin } from './plugin.ts';

/** A captcha that the gateway asks for. */
export interface CaptchaChallenge {
  provider: string;
  siteKey: string;
}

/** A mutation with all that a form shows of it. */
export interface Operation<TVariables, TSuccess> {
  busy: Readonly<Ref<boolean>>;
  /** The refusal of the last attempt. */
  refusal: Readonly<ShallowRef<Refusal | undefined>>;
  /** Messages for fields, by the last part of their path: `fields.value.password`. */
  fields: ComputedRef<Record<string, string>>;
  /** Message for the form: of a refusal that belongs to no field. */
  message: ComputedRef<string | undefined>;
  /** Seconds until the next attempt may succeed; 0 when there is no limit. */
  wait: Readonly<Ref<number>>;
  /** The captcha to solve. Stays until an attempt succeeds. */
  captcha: Readonly<ShallowRef<CaptchaChallenge | undefined>>;
  /** Why there was no outcome at all. */
  failure: Readonly<ShallowRef<Failure | undefined>>;
  /** Sends the mutation, unless it is under way already. Returns undefined where it was refused or failed. */
  submit(variables: TVariables): Promise<TSuccess | undefined>;
  /** Forgets the last attempt. A running countdown goes on. */
  clear(): void;
}

export interface OperationOptions {
  /** For mutations that sign somebody in: they carry no access token. */
  anonymous?: boolean;
  /** `no-cache` by default, because secrets do not belong into Apollo's cache. */
  fetchPolicy?: 'no-cache' | 'network-only';
}

/**
 * Wraps a mutation whose only field is aliased `outcome`. It never throws: everything that can go wrong is in the
 * returned references.
 */
export function useOperation<TOutcome extends { __typename: string }, TVariables extends Record<string, unknown>>(
  mutation: TypedDocumentNode<{ outcome: TOutcome }, TVariables>,
  options: OperationOptions = {},
): Operation<TVariables, Success<TOutcome>> {
  const { client, session } = useMenjin();
  const busy = ref(false);
  const refusal = shallowRef<Refusal>();
  const captcha = shallowRef<CaptchaChallenge>();
  const failure = shallowRef<Failure>();
  const countdown = useCountdown(session.clock);

  function clear(): void {
    refusal.value = undefined;
    failure.value = undefined;
  }

  async function submit(variables: TVariables): Promise<Success<TOutcome> | undefined> {
    // Enter, a click and an automatic submission can come in the same task, before a button is disabled.
    if (busy.value) return undefined;
    busy.value = true;
    clear();
    try {
      const outcome = await send(variables);
      if (!isRefusal(outcome)) {
        captcha.value = undefined;
        return outcome as Success<TOutcome>;
      }
      refusal.value = outcome;
      if (outcome.__typename === 'RateLimited') countdown.start(outcome.retryAt);
      if (outcome.__typename === 'CaptchaRequired') captcha.value = outcome;
    } catch (error) {
      failure.value = failureOf(error);
    } finally {
      busy.value = false;
    }
    return undefined;
  }

  async function send(variables: TVariables): Promise<TOutcome> {
    const { data } = await client.mutate({
      mutation,
      variables,
      fetchPolicy: options.fetchPolicy ?? 'no-cache',
      context: options.anonymous === true ? { menjin: 'anonymous' } : {},
    });
    if (data === null || data === undefined) throw new Error('The response has no data.');
    return (data as { outcome: TOutcome }).outcome;
  }

  const fields = computed(() => fieldMessages(refusal.value));
  const message = computed(() => (Object.keys(fields.value).length === 0 ? refusal.value?.message : undefined));
  return {
    busy: readonly(busy),
    refusal,
    fields,
    message,
    wait: countdown.seconds,
    captcha,
    failure,
    submit,
    clear,
  };
}
