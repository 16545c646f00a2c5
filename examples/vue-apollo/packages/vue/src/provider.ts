import { onScopeDispose, ref, type Ref } from 'vue';

import {
  BindSocialDocument,
  LinkSocialDocument,
  RegisterWithSocialDocument,
  SocialAuthorizeDocument,
  SocialAuthorizeUrlDocument,
  type BindSocialMutation,
  type BindSocialMutationVariables,
  type LinkSocialMutationVariables,
  type LinkSocialMutation,
  type RegisterWithSocialMutation,
  type RegisterWithSocialMutationVariables,
  type SocialAuthorizeMutation,
  type SocialAuthorizeMutationVariables,
  type SocialAuthorizeUrlMutation,
  type SocialAuthorizeUrlMutationVariables,
} from './generated.ts';
import { useOperation, type Operation } from './operation.ts';
import type { Success } from './outcome.ts';

/** Somebody whom the provider vouches for, and who has no account yet. */
export type PendingIdentity = Extract<SocialAuthorizeMutation['outcome'], { __typename: 'BindRequired' }>;

/** What a provider's callback led to. */
export type ProviderOutcome =
  | { kind: 'signed-in'; next: string }
  | { kind: 'linked'; next: string }
  /** Bind an account or register: with `bind` or `register`, in this browser. */
  | { kind: 'pending'; identity: PendingIdentity; next: string }
  /** The user changed their mind at the provider. */
  | { kind: 'cancelled'; next: string; linking: boolean }
  /** `operation` says why; without it the callback itself is no good. */
  | { kind: 'failed'; operation: Operation<never, unknown> | undefined; next: string; linking: boolean };

export interface BeginOptions {
  /** Where to go afterwards: a path of this site. */
  next?: string;
  remember?: boolean;
  /** Whether the provider is to be added to the account that is signed in. */
  link?: boolean;
}

export interface UseProvider {
  /** The provider that the browser is being sent to. */
  leaving: Readonly<Ref<string | undefined>>;
  start: Operation<SocialAuthorizeUrlMutationVariables, Success<SocialAuthorizeUrlMutation['outcome']>>;
  authorize: Operation<SocialAuthorizeMutationVariables, Success<SocialAuthorizeMutation['outcome']>>;
  link: Operation<LinkSocialMutationVariables, Success<LinkSocialMutation['outcome']>>;
  bind: Operation<BindSocialMutationVariables, Success<BindSocialMutation['outcome']>>;
  register: Operation<RegisterWithSocialMutationVariables, Success<RegisterWithSocialMutation['outcome']>>;
  /** Sends the browser to the provider. Returns false where that was refused or failed: see `start`. */
  begin(provider: string, options?: BeginOptions): Promise<boolean>;
  /** Carries on with what the provider's callback brought. `currentPassword` is for linking, when it is asked for. */
  complete(provider: string, query: URLSearchParams, currentPassword?: string): Promise<ProviderOutcome>;
}

/** What is kept in the tab for each attempt, so that attempts in two tabs do not mix. */
interface Attempt {
  next: string;
  link: boolean;
}

/** Signs in with QQ and other providers, and adds them to an account. */
export function useProvider(): UseProvider {
  const start = useOperation(SocialAuthorizeUrlDocument);
  const authorize = useOperation(SocialAuthorizeDocument, { anonymous: true });
  const link = useOperation(LinkSocialDocument);
  const leaving = ref<string>();

  // Back from the provider, the page may come out of the back-forward cache with its buttons still disabled.
  const shown = (): void => {
    leaving.value = undefined;
  };
  globalThis.addEventListener?.('pageshow', shown);
  onScopeDispose(() => globalThis.removeEventListener?.('pageshow', shown));

  async function begin(provider: string, options: BeginOptions = {}): Promise<boolean> {
    const { next = '/', remember = false, link: linking = false } = options;
    leaving.value = provider;
    const display = globalThis.matchMedia?.('(max-width: 600px)').matches ? 'MOBILE' : 'PAGE';
    const outcome = await start.submit({ provider, input: { next, remember, display } });
    if (outcome === undefined) {
      leaving.value = undefined;
      return false;
    }
    keep(outcome.state, { next, link: linking });
    globalThis.location.assign(outcome.url);
    return true;
  }

  async function complete(
    provider: string,
    query: URLSearchParams,
    currentPassword?: string,
  ): Promise<ProviderOutcome> {
    const state = query.get('state') ?? '';
    const code = query.get('code') ?? '';
    const attempt = recall(state);
    const { next, link: linking } = attempt ?? { next: '/', link: false };
    if (isCancelled(query)) return { kind: 'cancelled', next, linking };
    // With `msg`, QQ has put the number of an error where the code should be.
    if (query.has('error') || query.has('msg') || code === '' || state === '') {
      return { kind: 'failed', operation: undefined, next, linking };
    }
    if (linking) {
      const password = currentPassword === undefined ? {} : { currentPassword };
      const outcome = await link.submit({ provider, input: { code, state }, ...password });
      return outcome === undefined
        ? { kind: 'failed', operation: link, next, linking }
        : { kind: 'linked', next };
    }
    const outcome = await authorize.submit({ provider, input: { code, state } });
    switch (outcome?.__typename) {
      case 'SignedIn':
        return { kind: 'signed-in', next: outcome.next ?? next };
      case 'BindRequired':
        return { kind: 'pending', identity: outcome, next: outcome.bindNext };
      case undefined:
        return { kind: 'failed', operation: authorize, next, linking };
    }
  }

  return {
    leaving,
    start,
    authorize,
    link,
    bind: useOperation(BindSocialDocument, { anonymous: true }),
    register: useOperation(RegisterWithSocialDocument, { anonymous: true }),
    begin,
    complete,
  };
}

/** WeChat returns a state without a code, QQ and Weibo say so by name, OAuth has `access_denied`. */
function isCancelled(query: URLSearchParams): boolean {
  if (query.get('error') === 'access_denied' || query.has('usercancel')) return true;
  return !query.has('error') && !query.has('msg') && (query.get('code') ?? '') === '';
}

function keep(state: string, attempt: Attempt): void {
  try {
    sessionStorage.setItem(`menjin.provider.${state}`, JSON.stringify(attempt));
  } catch {
    // The sign-in works without: the gateway keeps `next` as well. Linking does not.
  }
}

function recall(state: string): Attempt | undefined {
  try {
    const text = sessionStorage.getItem(`menjin.provider.${state}`);
    const value: unknown = text === null ? undefined : JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { next, link } = value as Record<string, unknown>;
    return typeof next === 'string' && typeof link === 'boolean' ? { next, link } : undefined;
  } catch {
    return undefined;
  }
}
