import { beforeEach, describe, expect, test, vi } from 'vitest';

import { useProvider } from '../src/provider.ts';
import { REFUSED, Stage } from './stage.ts';

let stage: Stage;
let serial = 0;
const assign = vi.fn();
beforeEach(() => {
  sessionStorage.clear();
  assign.mockClear();
  vi.stubGlobal('location', { assign });
  stage = new Stage();
  stage.answers['SocialAuthorizeUrl'] = () => {
    serial += 1;
    return { outcome: { __typename: 'AuthorizeUrl', url: `https://qq.example/?${serial}`, state: `s${serial}` } };
  };
});

const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('a provider', () => {
  test('gets the browser, with where to go afterwards', async () => {
    const [provider] = stage.mount(() => useProvider());
    expect(await provider.begin('qq', { next: '/account', remember: true })).toBe(true);
    expect(assign).toHaveBeenCalledWith(`https://qq.example/?${serial}`);
    expect(stage.asked[0]?.variables).toMatchObject({ provider: 'qq', input: { next: '/account', remember: true } });
    expect(provider.leaving.value).toBe('qq');
  });

  test('can be tried again after the browser came back from its page', async () => {
    const [provider] = stage.mount(() => useProvider());
    await provider.begin('qq');
    window.dispatchEvent(new Event('pageshow'));
    expect(provider.leaving.value).toBeUndefined();
  });

  test('that is not reached leaves the page as it was', async () => {
    stage.answers['SocialAuthorizeUrl'] = () => ({ outcome: { __typename: 'ProviderRejected', ...REFUSED } });
    const [provider] = stage.mount(() => useProvider());
    expect(await provider.begin('qq')).toBe(false);
    expect([provider.leaving.value, provider.start.message.value]).toEqual([undefined, '请重试']);
  });
});

describe('the callback', () => {
  test('signs in, or offers to bind and to register', async () => {
    const [provider] = stage.mount(() => useProvider());
    stage.answers['SocialAuthorize'] = () => ({ outcome: { __typename: 'SignedIn', next: '/account' } });
    expect(await provider.complete('qq', query('code=c&state=s'))).toEqual({ kind: 'signed-in', next: '/account' });
    const identity = { __typename: 'BindRequired', ticket: 't', provider: 'qq', nickname: '韩梅梅', bindNext: '/a' };
    stage.answers['SocialAuthorize'] = () => ({ outcome: identity });
    expect(await provider.complete('qq', query('code=c&state=s'))).toEqual({ kind: 'pending', identity, next: '/a' });
  });

  test.each(['state=s', 'error=access_denied&state=s', 'usercancel=1&state=s', 'code=&state=s', ''])(
    'of a user who changed their mind asks the gateway nothing: %s',
    async (text) => {
      const [provider] = stage.mount(() => useProvider());
      expect(await provider.complete('qq', query(text))).toMatchObject({ kind: 'cancelled', next: '/' });
      expect(stage.asked).toEqual([]);
    },
  );

  test.each(['code=100010&msg=redirect+uri+is+illegal&state=s', 'error=server_error&state=s', 'code=c'])(
    'with an error of the provider is explained: %s',
    async (text) => {
      const [provider] = stage.mount(() => useProvider());
      expect(await provider.complete('qq', query(text))).toMatchObject({ kind: 'failed', operation: undefined });
      expect(stage.asked).toEqual([]);
    },
  );

  test('that the gateway refuses is explained by the refusal', async () => {
    stage.answers['SocialAuthorize'] = () => ({ outcome: { __typename: 'TicketRejected', ...REFUSED } });
    const [provider] = stage.mount(() => useProvider());
    const outcome = await provider.complete('qq', query('code=c&state=s'));
    expect(outcome.kind === 'failed' && outcome.operation?.message.value).toBe('请重试');
  });

  test('of an attempt to link links, while another attempt in the same tab signs in', async () => {
    const [provider] = stage.mount(() => useProvider());
    await provider.begin('qq', { link: true, next: '/account/linked' });
    const linking = `s${serial}`;
    await provider.begin('qq', { next: '/' });
    const signingIn = `s${serial}`;
    stage.answers['LinkSocial'] = () => ({ outcome: { __typename: 'SocialLinked' } });
    stage.answers['SocialAuthorize'] = () => ({ outcome: { __typename: 'SignedIn', next: null } });
    expect(await provider.complete('qq', query(`code=c&state=${linking}`), 'secret')).toEqual({
      kind: 'linked',
      next: '/account/linked',
    });
    expect(await provider.complete('qq', query(`code=c&state=${signingIn}`))).toEqual({ kind: 'signed-in', next: '/' });
    expect(stage.names().slice(2)).toEqual(['LinkSocial', 'SocialAuthorize']);
    expect(stage.asked[2]?.variables).toMatchObject({ currentPassword: 'secret' });
    // Linking is an act of somebody who is signed in.
    expect(stage.asked.slice(2).map(({ context }) => context)).toEqual([{}, { menjin: 'anonymous' }]);
  });
});
