import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { SessionUnavailableError, type SessionState } from '../src/session.ts';
import { sleep, World } from './world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

describe('the start', () => {
  test('a visitor without a session is known at once, without a request', async () => {
    expect(await world.tab().start()).toEqual({ status: 'signed-out', reason: 'none' });
    expect(world.refreshes).toBe(0);
  });

  test('a session goes on after a reload', async () => {
    const tab = world.visitedBefore().tab();
    expect(await tab.start()).toEqual({ status: 'signed-in', account: 'user-1', session: 'session-1' });
    expect(await tab.token()).toBeTypeOf('string');
    expect(world.refreshes).toBe(1);
  });

  test('a session that ended in the meantime is forgotten', async () => {
    world.refresh = () => ({ __typename: 'SessionRejected' });
    expect(await world.visitedBefore().tab().start()).toEqual({ status: 'signed-out', reason: 'none' });
    await world.tab().start();
    expect(world.refreshes).toBe(1);
  });

  test('nobody is signed out by a network failure, and waking up tries again', async () => {
    world.online = false;
    const tab = world.visitedBefore().tab();
    expect(await tab.start()).toEqual({ status: 'unknown' });
    await expect(tab.token()).rejects.toBeInstanceOf(SessionUnavailableError);
    expect(world.refreshes).toBe(1); // the second one came too early
    world.online = true;
    world.wakes[0]?.(false);
    await sleep(100);
    expect(tab.state.status).toBe('signed-in');
  });

  test('blocked storage costs a request, not the session', async () => {
    const blocked = (): never => {
      throw new Error('blocked');
    };
    const tab = world.tab({}, { storage: { getItem: blocked, setItem: blocked, removeItem: blocked } });
    expect((await tab.start()).status).toBe('signed-in');
  });
});

describe('one refresh at a time', () => {
  test('for any number of callers in a tab', async () => {
    const tab = world.visitedBefore().tab();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tab.token()));
    expect(new Set(tokens).size).toBe(1);
    expect(world.refreshes).toBe(1);
  });

  test('for five tabs that open together', async () => {
    world.visitedBefore();
    const tabs = Array.from({ length: 5 }, () => world.tab());
    await Promise.all(tabs.map((tab) => tab.start()));
    const tokens = await Promise.all(tabs.map((tab) => tab.token()));
    expect(new Set(tokens).size).toBe(1);
    expect(world.refreshes).toBe(1);
  });

  test('for five tabs whose token expires at the same moment', async () => {
    world.visitedBefore();
    const tabs = Array.from({ length: 5 }, () => world.tab());
    await Promise.all(tabs.map((tab) => tab.start()));
    world.passed += 9.6 * MINUTE;
    const tokens = await Promise.all(tabs.map((tab) => tab.token()));
    expect(new Set(tokens).size).toBe(1);
    expect(world.refreshes).toBe(2);
  });

  test('a tab without Web Locks refreshes by itself', async () => {
    const tab = world.visitedBefore().tab({}, { locks: undefined, openChannel: undefined });
    expect((await tab.start()).status).toBe('signed-in');
  });

  test('tabs without Web Locks still share a token that one of them has', async () => {
    world.visitedBefore();
    await world.tab({}, { locks: undefined }).start();
    expect((await world.tab({}, { locks: undefined }).start()).status).toBe('signed-in');
    expect(world.refreshes).toBe(1);
  });

  test('a tab that holds the lock for ever delays the others, but does not stop them', async () => {
    const tab = world.visitedBefore().tab({ patience: 30 });
    void world.locks.request(world.lockName, {}, () => new Promise(() => {}));
    expect((await tab.start()).status).toBe('signed-in');
  });
});

describe('the lifetime of a token', () => {
  test.each([
    ['right', 0],
    ['a day late', DAY],
    ['a day early', -DAY],
  ])('does not depend on the clock of the device: %s', async (_, error) => {
    world.deviceError = error;
    const tab = world.visitedBefore().tab();
    await tab.start();
    world.passed += 9 * MINUTE;
    await tab.token();
    expect(world.refreshes).toBe(1);
    world.passed += 0.6 * MINUTE;
    await tab.token();
    expect(world.refreshes).toBe(2);
  });

  test('ends during the sleep of a machine whose monotonic clock stood still', async () => {
    let asleep = 0;
    const tab = world.visitedBefore().tab({}, { deviceTime: () => Date.now() + asleep });
    await tab.start();
    asleep = 60 * MINUTE;
    await tab.token();
    expect(world.refreshes).toBe(2);
  });

  test('does not grow when the clock of the device is set back', async () => {
    const tab = world.visitedBefore().tab();
    await tab.start();
    world.deviceError = -DAY;
    world.passed += 9.6 * MINUTE;
    await tab.token();
    expect(world.refreshes).toBe(2);
  });

  test('an expiring token is still used while the gateway is away', async () => {
    const tab = world.visitedBefore().tab();
    await tab.start();
    const token = await tab.token();
    world.online = false;
    world.passed += 9.6 * MINUTE;
    expect(await tab.token()).toBe(token);
    world.passed += MINUTE;
    await expect(tab.token()).rejects.toBeInstanceOf(SessionUnavailableError);
    expect(tab.state.status).toBe('signed-in');
  });

  test('after a failure the gateway is left alone for a while', async () => {
    const tab = world.visitedBefore().tab();
    world.online = false;
    await tab.start();
    for (let caller = 0; caller < 10; caller += 1) await tab.token().catch(() => {});
    expect(world.refreshes).toBe(1);
    world.passed += 1_000;
    await tab.token().catch(() => {});
    expect(world.refreshes).toBe(2);
    world.passed += 1_000; // the second wait is 2 s
    await tab.token().catch(() => {});
    expect(world.refreshes).toBe(2);
  });

  test('a rate limit is respected', async () => {
    const retryAt = (): string => new Date(world.serverTime + world.passed + 20_000).toISOString();
    world.refresh = () => ({ __typename: 'RateLimited', retryAt: retryAt() });
    world.deviceError = DAY;
    const tab = world.visitedBefore().tab();
    expect((await tab.start()).status).toBe('unknown');
    world.passed += 15_000;
    await tab.token().catch(() => {});
    expect(world.refreshes).toBe(1);
    world.passed += 6_500;
    world.refresh = () => world.signedIn();
    expect(await tab.token()).toBeTypeOf('string');
  });
});

describe('signing in and out', () => {
  function record(tab: ReturnType<World['tab']>): SessionState[] {
    const states: SessionState[] = [];
    tab.onChange((state) => states.push(state));
    return states;
  }

  test('a sign-in reaches the other tabs, and so does a sign-out', async () => {
    const [here, there] = [world.tab(), world.tab()];
    await Promise.all([here.start(), there.start()]);
    const states = record(there);
    here.accept({ accessToken: world.token() });
    await sleep(20);
    expect(await there.token()).toBe(await here.token());
    expect(await here.signOut()).toBe(true);
    await sleep(20);
    expect(states).toEqual([
      { status: 'signed-in', account: 'user-1', session: 'session-1' },
      { status: 'signed-out', reason: 'signed-out' },
    ]);
    expect(await there.token()).toBeUndefined();
    expect([world.refreshes, world.logouts]).toEqual([0, 1]);
  });

  test('a session that was revoked elsewhere ends in all tabs, with the reason', async () => {
    const [here, there] = [world.tab(), world.tab()];
    here.accept({ accessToken: world.token() });
    await sleep(20);
    const states = record(there);
    world.refresh = () => ({ __typename: 'SessionRejected' });
    const token = await here.token();
    expect(await here.replace(token ?? '')).toBeUndefined();
    await sleep(20);
    expect(states).toEqual([{ status: 'signed-out', reason: 'ended' }]);
  });

  test('another account in another tab replaces this one', async () => {
    const [here, there] = [world.tab(), world.tab()];
    here.accept({ accessToken: world.token() });
    await sleep(20);
    const states = record(there);
    here.accept({ accessToken: world.token({ sub: 'user-2', sid: 'session-2' }) });
    await sleep(20);
    expect(states).toEqual([{ status: 'signed-in', account: 'user-2', session: 'session-2' }]);
  });

  test('a refresh that was under way does not sign anybody in again', async () => {
    world.latency = 50;
    const tab = world.visitedBefore().tab();
    const refreshed = tab.start();
    await sleep(70); // the request is on its way
    tab.end('signed-out');
    await refreshed;
    expect(tab.state).toEqual({ status: 'signed-out', reason: 'signed-out' });
    expect(await tab.token()).toBeUndefined();
  });

  test('a refresh that waits for the lock is not sent after a sign-out', async () => {
    world.visitedBefore();
    world.latency = 60;
    const [first, second] = [world.tab({}, { openChannel: undefined }), world.tab({}, { openChannel: undefined })];
    const starts = [first.start(), second.start()];
    await sleep(20);
    second.end('signed-out');
    await Promise.all(starts);
    expect(world.refreshes).toBe(1);
    expect(second.state.status).toBe('signed-out');
  });

  test('a late token of a session that has ended is ignored', async () => {
    const [here, there] = [world.tab(), world.tab()];
    here.accept({ accessToken: world.token() });
    await sleep(20);
    const late = world.token();
    there.end('signed-out');
    await sleep(20);
    const stale = world.tab();
    stale.accept({ accessToken: late });
    await sleep(20);
    expect(here.state.status).toBe('signed-out');
  });

  test('a sign-out that does not reach the gateway is made up for at the next start', async () => {
    const tab = world.tab();
    tab.accept({ accessToken: world.token() });
    world.online = false;
    expect(await tab.signOut()).toBe(false);
    expect(tab.state.status).toBe('signed-out');
    world.online = true;
    world.logouts = 0;
    expect(await world.tab().start()).toEqual({ status: 'signed-out', reason: 'none' });
    await sleep(20);
    expect(world.logouts).toBe(1);
    await world.tab().start();
    expect(world.logouts).toBe(1);
  });

  test('a page that comes out of the back-forward cache asks again', async () => {
    const tab = world.visitedBefore().tab({}, { openChannel: undefined });
    await tab.start();
    world.refresh = () => ({ __typename: 'SessionRejected' });
    world.wakes[0]?.(true);
    await sleep(20);
    expect(tab.state).toEqual({ status: 'signed-out', reason: 'ended' });
  });

  test('a word that is no token of the gateway is refused', () => {
    expect(() => world.tab().accept({ accessToken: 'abc' })).toThrow('not an access token');
  });
});

describe('refresh tokens as a field', () => {
  test('are sent, replaced, shared between tabs and kept in the store of the system', async () => {
    const kept: (string | undefined)[] = [];
    const store = {
      load: () => Promise.resolve('r0'),
      save: (token: string | undefined) => {
        kept.push(token);
        return Promise.resolve();
      },
    };
    const sent: (string | undefined)[] = [];
    world.refresh = (token) => {
      sent.push(token);
      return world.signedIn({}, `r${sent.length}`);
    };
    const here = world.tab({ delivery: 'field', refreshTokens: store });
    await here.start();
    const there = world.tab({ delivery: 'field' });
    await there.start();
    world.passed += 9.6 * MINUTE;
    await there.token();
    await sleep(20);
    world.passed += 9.6 * MINUTE;
    await here.token();
    expect(sent).toEqual(['r0', 'r1', 'r2']);
    expect(kept).toEqual(['r1', 'r2', 'r3']);
    await here.signOut();
    expect(kept.at(-1)).toBeUndefined();
  });

  test('without a refresh token nobody is signed in, and nothing is asked', async () => {
    const tab = world.tab({ delivery: 'field' });
    expect(await tab.start()).toEqual({ status: 'signed-out', reason: 'none' });
    expect(world.refreshes).toBe(0);
  });
});

describe('the time of the gateway', () => {
  test('is learned from responses, whatever the device believes', async () => {
    world.deviceError = -DAY;
    const tab = world.visitedBefore().tab();
    await tab.start();
    const in60s = new Date(world.serverTime + world.passed + 60_000).toISOString();
    expect(tab.clock.until(in60s)).toBeGreaterThan(58_000);
    expect(tab.clock.until(in60s)).toBeLessThan(62_000);
    expect(tab.clock.until('2020-01-01T00:00:00Z')).toBe(0);
  });
});
