import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { LoginDocument } from '../src/generated.ts';
import { useOperation } from '../src/operation.ts';
import { failureOf, fieldMessages, type Refusal } from '../src/outcome.ts';
import { REFUSED, Stage } from './stage.ts';

const INPUT = { input: { account: 'han', password: 'correct horse' } };
const DAY = 24 * 60 * 60 * 1000;

let stage: Stage;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-26T12:00:00Z') });
  stage = new Stage();
});
afterEach(() => vi.useRealTimers());

function mountLogin(): ReturnType<typeof useOperation<never, typeof INPUT>> {
  return stage.mount(() => useOperation(LoginDocument, { anonymous: true }))[0] as never;
}

describe('an operation', () => {
  test('returns the success, and carries no token when it is anonymous', async () => {
    stage.answers['Login'] = () => ({ outcome: { __typename: 'SignedIn', accessToken: 'x' } });
    const login = mountLogin();
    expect(await login.submit(INPUT)).toMatchObject({ __typename: 'SignedIn' });
    expect(stage.asked[0]?.context).toEqual({ menjin: 'anonymous' });
    expect(login.refusal.value).toBeUndefined();
  });

  test('is sent once for two submissions in the same task, and can be sent again afterwards', async () => {
    stage.answers['Login'] = () => ({ outcome: { __typename: 'CredentialsRejected', ...REFUSED } });
    const login = mountLogin();
    await Promise.all([login.submit(INPUT), login.submit(INPUT)]);
    expect(stage.asked).toHaveLength(1);
    await login.submit(INPUT);
    expect(stage.asked).toHaveLength(2);
    expect(login.message.value).toBe('请重试');
  });

  test('can be sent again after a failure, which is told apart from a refusal', async () => {
    stage.answers['Login'] = () => {
      throw new TypeError('fetch failed');
    };
    const login = mountLogin();
    expect(await login.submit(INPUT)).toBeUndefined();
    expect(login.failure.value).toEqual({ kind: 'network' });
    expect(login.busy.value).toBe(false);
    stage.answers['Login'] = () => ({ outcome: { __typename: 'SignedIn' } });
    await login.submit(INPUT);
    expect(login.failure.value).toBeUndefined();
  });

  test.each([0, DAY, -DAY])('counts down a rate limit when the device is wrong by %i ms', async (error) => {
    stage.deviceError = error;
    stage.session.clock.learn(Date.now());
    stage.answers['Login'] = () => ({ outcome: { __typename: 'RateLimited', ...REFUSED, retryAt: stage.in(30_000) } });
    const login = mountLogin();
    await login.submit(INPUT);
    expect(login.wait.value).toBe(30);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(login.wait.value).toBe(20);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(login.wait.value).toBe(0);
  });

  test('never waits for a day when only the wrong clock of the device is known', async () => {
    stage.deviceError = -DAY;
    stage.answers['Login'] = () => ({ outcome: { __typename: 'RateLimited', ...REFUSED, retryAt: stage.in(30_000) } });
    const login = mountLogin();
    await login.submit(INPUT);
    expect(login.wait.value).toBe(60);
  });

  test('keeps a captcha until an attempt succeeds', async () => {
    stage.answers['Login'] = () => ({
      outcome: { __typename: 'CaptchaRequired', ...REFUSED, provider: 'tencent', siteKey: '1' },
    });
    const login = mountLogin();
    await login.submit(INPUT);
    stage.answers['Login'] = () => ({ outcome: { __typename: 'CredentialsRejected', ...REFUSED } });
    await login.submit(INPUT);
    expect(login.captcha.value).toMatchObject({ provider: 'tencent', siteKey: '1' });
    stage.answers['Login'] = () => ({ outcome: { __typename: 'SignedIn' } });
    await login.submit(INPUT);
    expect(login.captcha.value).toBeUndefined();
  });
});

describe('messages for fields', () => {
  test('are found by the last part of the path, the first of several first', () => {
    const refusal = {
      __typename: 'InvalidInput',
      ...REFUSED,
      fields: [
        { path: 'contact.mobile.code', code: 'A', message: '请输入验证码' },
        { path: 'password', code: 'B', message: '太短' },
        { path: 'password', code: 'C', message: '太简单' },
      ],
    } as unknown as Refusal;
    expect(fieldMessages(refusal)).toEqual({ code: '请输入验证码', password: '太短' });
  });

  test('include names that are taken, and wrong codes', () => {
    const taken = { __typename: 'IdentifierTaken', code: 'X', message: '已注册', field: 'contact.mobile.mobile' };
    expect(fieldMessages(taken as unknown as Refusal)).toEqual({ mobile: '已注册' });
    const wrong = { __typename: 'CodeRejected', code: 'X', message: '错误', reason: 'WRONG', attemptsLeft: 1 };
    expect(fieldMessages(wrong as unknown as Refusal)).toEqual({ code: '错误' });
  });
});

describe('a failure', () => {
  const unavailable = { message: '', extensions: { code: 'UNAVAILABLE', requestId: 'r' } };
  test.each([
    ['no response', new TypeError('fetch failed'), { kind: 'network' }],
    ['Apollo 3', { graphQLErrors: [unavailable] }, { kind: 'unavailable', requestId: 'r' }],
    ['Apollo 4', { errors: [unavailable] }, { kind: 'unavailable', requestId: 'r' }],
    ['Apollo 3 with an HTTP error', { graphQLErrors: [], networkError: { statusCode: 502 } }, { kind: 'unavailable' }],
    ['Apollo 4 with an HTTP error', { statusCode: 502 }, { kind: 'unavailable' }],
    [
      'nobody signed in',
      { errors: [{ message: '', extensions: { code: 'UNAUTHENTICATED' } }] },
      { kind: 'unauthenticated' },
    ],
    ['a bug', { errors: [{ message: '', extensions: { code: 'BAD_REQUEST', requestId: 'q' } }] }, { kind: 'server', requestId: 'q' }],
  ])('is recognized: %s', (_, error, expected) => {
    expect(failureOf(error)).toEqual(expected);
  });
});
