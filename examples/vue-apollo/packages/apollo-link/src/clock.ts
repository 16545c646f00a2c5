import type { Environment } from './environment.ts';

type Clocks = Pick<Environment, 'monotonic' | 'deviceTime'>;

/**
 * The gateway's time, learned from its responses.
 *
 * The clock of a device may be wrong by days, so moments such as `retryAt` are never compared with it while anything
 * better is known. A response that says "it is 12:00:00" was written before it arrived; so the gateway's time at the
 * arrival is at least that. The latest of these bounds is the estimate: it is early by the fraction of a second that a
 * `Date` header leaves out and by the way from the gateway. A countdown that relies on it ends late, never early.
 */
export class ServerClock {
  readonly #clocks: Clocks;
  #offset: number | undefined;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Whether any response has told the gateway's time. */
  get known(): boolean {
    return this.#offset !== undefined;
  }

  /**
   * Takes note of a moment that the gateway called "now" between `sentAt` and this call.
   *
   * @param serverTime Milliseconds since 1970; `NaN` is ignored.
   * @param sentAt When the request was sent, on the monotonic clock.
   */
  learn(serverTime: number, sentAt?: number): void {
    if (!Number.isFinite(serverTime)) return;
    const atLeast = serverTime - this.#clocks.monotonic();
    // 1 s for the fraction that a `Date` header leaves out, and 1 s for clocks of several gateways.
    const atMost = sentAt === undefined ? Infinity : serverTime - sentAt + 2_000;
    if (this.#offset === undefined || this.#offset > atMost) {
      this.#offset = atLeast; // the first, or the gateway's clock was set back
    } else {
      this.#offset = Math.max(this.#offset, atLeast);
    }
  }

  /** The gateway's time in milliseconds since 1970; the device's as long as nothing is known. */
  now(): number {
    return this.#offset === undefined ? this.#clocks.deviceTime() : this.#clocks.monotonic() + this.#offset;
  }

  /** Milliseconds from now until a moment that the gateway named; at least 0. */
  until(moment: string): number {
    return Math.max(0, Date.parse(moment) - this.now());
  }
}

/**
 * Measures how much time has passed since it was made.
 *
 * The monotonic clock of some systems stands still while they sleep, and the device's clock can be set. The longer of
 * the two is taken: a token is rather renewed too early than used too late.
 */
export class Stopwatch {
  readonly #clocks: Clocks;
  readonly #monotonic: number;
  readonly #device: number;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#monotonic = clocks.monotonic();
    this.#device = clocks.deviceTime();
  }

  elapsed(): number {
    return Math.max(this.#clocks.monotonic() - this.#monotonic, this.#clocks.deviceTime() - this.#device);
  }
}
