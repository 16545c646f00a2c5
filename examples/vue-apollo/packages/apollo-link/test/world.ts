import type { Environment, Locks } from '../src/environment.ts';
import { Session, type SessionOptions } from '../src/session.ts';

/** `navigator.locks` as far as a session uses it: one holder at a time for each name. */
export class FakeLocks implements Locks {
  readonly #last = new Map<string, Promise<unknown>>();
  held = 0;

  async request<T>(name: string, options: { signal?: AbortSignal }, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    let release = (): void => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#last.set(
      name,
      before.then(() => mine),
    );
    const aborted = new Promise<never>((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
    });
    try {
      await Promise.race([before, aborted]);
    } catch (error) {
      release();
      throw error;
    }
    this.held += 1;
    try {
      return await work();
    } finally {
      this.held -= 1;
      release();
    }
  }
}

type Refresh = (refreshToken: string | undefined) => unknown;

/** A gateway with one cookie jar, its own clock, and tabs that share everything that tabs of one origin share. */
export class World {
  readonly locks = new FakeLocks();
  readonly storage = new Map<string, string>();
  /** The clock of the gateway, in milliseconds since 1970. */
  serverTime = Date.parse('2026-11-26T12:00:00Z');
  /** Added to the time of the device and to the monotonic clock. */
  passed = 0;
  deviceError = 0;
  refreshes = 0;
  logouts = 0;
  online = true;
  latency = 1;
  /** What the gateway answers to `refreshSession`. */
  refresh: Refresh = () => this.signedIn();
  #serial = 0;
  readonly #sessions: Session[] = [];
  readonly #name = `test-${Math.random()}`;
  /** Of the lock, of the channel and of the hint in the storage. */
  readonly lockName = `menjin ${this.#name}`;
  wakes: ((restored: boolean) => void)[] = [];

  token(claims: { sub?: string; sid?: string; lifetime?: number } = {}): string {
    const { sub = 'user-1', sid = 'session-1', lifetime = 600 } = claims;
    const iat = Math.floor((this.serverTime + this.passed) / 1000);
    this.#serial += 1;
    const payload = { sub, sid, iat, exp: iat + lifetime, jti: `${this.#serial}`, name: '韩梅梅' };
    return `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`;
  }

  signedIn(claims: Parameters<World['token']>[0] = {}, refreshToken: string | null = null): Record<string, unknown> {
    return { __typename: 'SignedIn', accessToken: this.token(claims), refreshToken };
  }

  /** Opens a tab. */
  tab(options: Partial<SessionOptions> = {}, missing: Partial<Environment> = {}): Session {
    const session = new Session({
      uri: this.#name,
      ...options,
      environment: {
        fetch: (_, init) => this.#respond(init),
        monotonic: () => performance.now() + this.passed,
        deviceTime: () => Date.now() + this.passed + this.deviceError,
        locks: this.locks,
        storage: {
          getItem: (key) => this.storage.get(key) ?? null,
          setItem: (key, value) => void this.storage.set(key, value),
          removeItem: (key) => void this.storage.delete(key),
        },
        openChannel: (name) => new BroadcastChannel(name),
        onWake: (wake) => {
          this.wakes.push(wake);
          return () => {};
        },
        ...missing,
      },
    });
    this.#sessions.push(session);
    return session;
  }

  /** As if a session was left behind by an earlier visit. */
  visitedBefore(): this {
    this.storage.set(this.lockName, 'present');
    return this;
  }

  close(): void {
    for (const session of this.#sessions) session.dispose();
  }

  async #respond(init: RequestInit | undefined): Promise<Response> {
    const body = JSON.parse(String(init?.body)) as {
      query: string;
      variables: { input?: { refreshToken?: string } };
    };
    const refreshing = body.query.includes('refreshSession');
    if (refreshing) this.refreshes += 1;
    else this.logouts += 1;
    await sleep(this.latency);
    if (!this.online) throw new TypeError('fetch failed');
    const data = refreshing
      ? { refreshSession: await this.refresh(body.variables.input?.refreshToken) }
      : { logout: { done: true } };
    const date = new Date(this.serverTime + this.passed).toUTCString();
    return new Response(JSON.stringify({ data }), { headers: { 'content-type': 'application/json', date } });
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
