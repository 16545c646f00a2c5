import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextTick, ref } from 'vue';

import { useAvailability } from '../src/availability.ts';
import { lastMethod, rememberMethod } from '../src/last-method.ts';
import { Stage } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  vi.useFakeTimers();
  stage = new Stage();
});
afterEach(() => vi.useRealTimers());

test('availability is asked once the user has stopped typing', async () => {
  stage.answers['UsernameAvailable'] = () => ({ available: false });
  const name = ref('');
  const [availability] = stage.mount(() => useAvailability('username', name));
  for (const typed of ['h', 'ha', 'han']) {
    name.value = typed;
    await nextTick();
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(400);
  expect(stage.asked.map(({ variables }) => variables)).toEqual([{ value: 'han' }]);
  expect(availability.value).toBe('unavailable');
});

test('a late answer to what was typed before is ignored', async () => {
  const answers: ((available: boolean) => void)[] = [];
  stage.answers['UsernameAvailable'] = () =>
    new Promise((resolve) => answers.push((available) => resolve({ available })));
  const name = ref('');
  const [availability] = stage.mount(() => useAvailability('username', name));
  for (const typed of ['han', 'hanmei']) {
    name.value = typed;
    await nextTick();
    await vi.advanceTimersByTimeAsync(400);
  }
  answers[1]?.(true);
  answers[0]?.(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(availability.value).toBe('available');
});

test('the form works where the gateway does not say', async () => {
  const name = ref('');
  const [availability] = stage.mount(() => useAvailability('username', name));
  name.value = 'han';
  await nextTick();
  await vi.advanceTimersByTimeAsync(500);
  expect(availability.value).toBe('unknown');
});

test('the last method is remembered for 90 days', () => {
  rememberMethod('qq');
  expect(lastMethod()).toBe('qq');
  vi.setSystemTime(Date.now() + 91 * 24 * 60 * 60 * 1000);
  expect(lastMethod()).toBeUndefined();
});
