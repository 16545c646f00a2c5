import type { ServerClock } from '@menjin/apollo-link';
import { onScopeDispose, readonly, ref, type Ref } from 'vue';

/** As long as the gateway's time is unknown, no countdown is longer than this: the device's clock may be wrong. */
const LONGEST_GUESS = 60_000;

export interface Countdown {
  /** Whole seconds that are left; 0 when it is over or never began. */
  seconds: Readonly<Ref<number>>;
  /** Counts down to a moment that the gateway named. */
  start(moment: string): void;
  stop(): void;
}

/**
 * A countdown to a moment of the gateway's time. It is computed anew on each tick, so a tab that was in the background
 * and a device whose clock is wrong show the right number. Stops with the component.
 */
export function useCountdown(clock: ServerClock): Countdown {
  const seconds = ref(0);
  let moment: string | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  function left(): number {
    if (moment === undefined) return 0;
    const milliseconds = clock.until(moment);
    return Math.ceil((clock.known ? milliseconds : Math.min(milliseconds, LONGEST_GUESS)) / 1000);
  }

  function tick(): void {
    seconds.value = left();
    if (seconds.value === 0) stop();
  }

  function start(until: string): void {
    stop();
    moment = until;
    seconds.value = left();
    if (seconds.value === 0) return;
    timer = setInterval(tick, 250);
    globalThis.document?.addEventListener('visibilitychange', tick);
  }

  function stop(): void {
    moment = undefined;
    seconds.value = 0;
    clearInterval(timer);
    globalThis.document?.removeEventListener('visibilitychange', tick);
  }

  onScopeDispose(stop);
  return { seconds: readonly(seconds), start, stop };
}
