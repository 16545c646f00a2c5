import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ref } from 'vue';

import { useCode, type Contact } from '../src/code.ts';
import { REFUSED, Stage } from './stage.ts';

const DAY = 24 * 60 * 60 * 1000;

let stage: Stage;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-26T12:00:00Z') });
  sessionStorage.clear();
  stage = new Stage();
  stage.answers['SendSms'] = () => ({ outcome: sent('d1') });
  stage.answers['SendEmailCode'] = () => ({ outcome: { ...sent('d2'), destination: 'ha***@example.com' } });
  stage.answers['Delivery'] = () => ({ delivery: { id: 'd1', status: 'SENT' } });
});
afterEach(() => vi.useRealTimers());

function sent(id: string): Record<string, unknown> {
  return {
    __typename: 'CodeSent',
    destination: '+86 138****8000',
    expiresAt: stage.in(600_000),
    resendAt: stage.in(60_000),
    delivery: { id, status: 'QUEUED', updatedAt: stage.in(0) },
  };
}

describe('a code', () => {
  test('is not sent by mounting', async () => {
    stage.mount(() => useCode('LOGIN', { mobile: '13800138000' }));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.asked).toEqual([]);
  });

  test.each([0, DAY, -DAY])('can be sent again after the wait, with a device that is wrong by %i ms', async (error) => {
    stage.deviceError = error;
    const [code] = stage.mount(() => useCode('LOGIN', { mobile: '13800138000' }));
    expect(await code.send()).toBe(true);
    expect([code.sent.value, code.destination.value, code.wait.value]).toEqual([true, '+86 138****8000', 60]);
    expect(await code.send()).toBe(false);
    await vi.advanceTimersByTimeAsync(60_500);
    expect(code.wait.value).toBe(0);
    expect(await code.send()).toBe(true);
    expect(stage.names().filter((name) => name === 'SendSms')).toHaveLength(2);
  });

  test('survives a reload with its countdown, and is not sent again', async () => {
    const [, leave] = stage.mount(() => useCode('LOGIN', { mobile: '138 0013 8000' }));
    const [first] = stage.mount(() => useCode('LOGIN', { mobile: '138 0013 8000' }));
    await first.send();
    leave();
    await vi.advanceTimersByTimeAsync(20_000);
    const [second] = stage.mount(() => useCode('LOGIN', { mobile: '13800138000' }));
    await vi.advanceTimersByTimeAsync(1);
    expect(second.wait.value).toBe(40);
    expect(second.delivery.value).toBe('SENT');
    expect(stage.names().filter((name) => name === 'SendSms')).toHaveLength(1);
  });

  test('to another contact need not wait', async () => {
    const contact = ref<Contact>({ mobile: '13800138000' });
    const [code] = stage.mount(() => useCode('LOGIN', contact));
    await code.send();
    contact.value = { email: 'han@example.com' };
    expect([code.sent.value, code.wait.value]).toEqual([false, 0]);
    await code.send();
    expect(code.destination.value).toBe('ha***@example.com');
  });

  test('that was sent from elsewhere is waited for', async () => {
    stage.session.clock.learn(Date.now());
    stage.answers['SendSms'] = () => ({ outcome: { __typename: 'RateLimited', ...REFUSED, retryAt: stage.in(45_000) } });
    const [code] = stage.mount(() => useCode('LOGIN', { mobile: '13800138000' }));
    expect(await code.send()).toBe(false);
    expect(code.wait.value).toBe(45);
  });

  test('tells how its message fares', async () => {
    const [code] = stage.mount(() => useCode('LOGIN', { mobile: '13800138000' }));
    await code.send();
    expect(code.delivery.value).toBe('QUEUED');
    stage.answers['Delivery'] = () => ({ delivery: { id: 'd1', status: 'FAILED' } });
    await vi.advanceTimersByTimeAsync(1_600);
    expect(code.delivery.value).toBe('FAILED');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stage.names().filter((name) => name === 'Delivery')).toHaveLength(1);
  });

  test('asks no more once its page is left', async () => {
    const [code, leave] = stage.mount(() => useCode('LOGIN', { mobile: '13800138000' }));
    await code.send();
    leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stage.names()).toEqual(['SendSms']);
  });
});
