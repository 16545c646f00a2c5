import { ServerClock } from './clock.ts';
import { browserEnvironment, type Environment } from './environment.ts';
import { Gateway } from './gateway.ts';
import { exclusively, sleep, Tabs, type TabMessage } from './tabs.ts';
import { AccessToken, type SignedInTokens } from './token.ts';

/** Whether somebody is signed in. */
export type SessionState =
  /** Not asked yet, or the gateway could not be reached. */
  | { status: 'unknown' }
  /** `account` is the id of the user, `session` the id of the session. */
  | { status: 'signed-in'; account: string; session: string }
  | { status: 'signed-out'; reason: SignedOutReason };

/**
 * Why nobody is signed in: `none`, there was no session when the page was opened; `signed-out`, the user signed out,
 * here or in another tab; `ended`, the gateway has ended the session: it expired or was revoked on another device.
 */
export type SignedOutReason = 'none' | 'signed-out' | 'ended';

export interface SessionOptions {
  /** The GraphQL endpoint of the gateway: `/graphql`. */
  uri: string;
  /** As `sessions.refresh_delivery` of the gateway: `cookie` for browsers, `field` for native applications. */
  delivery?: 'cookie' | 'field' | undefined;
  /** Where a native application keeps its refresh token, with `delivery: 'field'`. Without it, in memory alone. */
  refreshTokens?: RefreshTokenStore | undefined;
  /** Headers for the requests that the session makes itself, such as `Accept-Language`. */
  headers?: (() => Record<string, string>) | undefined;
  credentials?: RequestCredentials | undefined;
  /** Milliseconds that a refresh may take. Default: 10 s. */
  timeout?: number | undefined;
  /** Milliseconds to wait while another tab refreshes. Default: 15 s. */
  patience?: number | undefined;
  /** Replaces parts of the browser, for tests and for other runtimes. */
  environment?: Partial<Environment> | undefined;
}

/** The key store of the operating system, for native applications. */
export interface RefreshTokenStore {
  load(): Promise<string | undefined>;
  save(token: string | undefined): Promise<void>;
}

/** The gateway could not be asked for a new access token. The user may still be signed in: try again later. */
export class SessionUnavailableError extends Error {
  override readonly name = 'SessionUnavailableError';
}

type Listener = (state: SessionState, previous: SessionState) => void;

/** How long to wait for another tab that has a token. */
const ASK = 50;
const LONGEST_WAIT = 30_000;
/** What storage says of the session, which holds no secret. */
const PRESENT = 'present';
const LEAVING = 'leaving';

/**
 * The session of the user at a Menjin gateway, shared by all tabs of an origin.
 *
 * The access token stays in memory. Whoever needs it calls `token()`, which asks the gateway for the next one when it is
 * about to expire: once, for any number of callers and tabs.
 */
export class Session {
  readonly clock: ServerClock;
  /** Give this to `HttpLink`, so that countdowns do not depend on the device's clock. */
  readonly fetch: typeof fetch;

  readonly #environment: Environment;
  readonly #gateway: Gateway;
  readonly #tabs: Tabs;
  readonly #lockName: string;
  readonly #patience: number;
  readonly #fieldMode: boolean;
  readonly #refreshTokens: RefreshTokenStore | undefined;
  readonly #listeners = new Set<Listener>();
  readonly #stopListening: () => void;
  /** Sessions that have ended: late messages of other tabs must not bring them back. */
  readonly #ended = new Set<string>();

  #state: SessionState = { status: 'unknown' };
  #token: AccessToken | undefined;
  /** Grows with each sign-in and sign-out. The result of a refresh that began before is dropped. */
  #epoch = 0;
  #started = false;
  #starting: Promise<SessionState> | undefined;
  #refreshing: Promise<void> | undefined;
  #failures = 0;
  #retryAt = -Infinity;
  #failure: unknown;
  #answered: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#environment = { ...browserEnvironment(), ...options.environment };
    this.clock = new ServerClock(this.#environment);
    this.#gateway = new Gateway(
      {
        uri: options.uri,
        credentials: options.credentials ?? 'include',
        headers: options.headers ?? (() => ({})),
        timeout: options.timeout ?? 10_000,
      },
      this.#environment,
      this.clock,
    );
    this.fetch = this.#gateway.fetch;
    this.#patience = options.patience ?? 15_000;
    this.#fieldMode = options.delivery === 'field';
    this.#refreshTokens = options.refreshTokens;
    this.#lockName = `menjin ${options.uri}`;
    this.#tabs = new Tabs(this.#lockName, this.#environment, (message) => this.#receive(message));
    this.#stopListening = this.#environment.onWake?.((restored) => this.#wake(restored)) ?? (() => {});
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Calls `listener` whenever somebody is signed in or out, and when the account changes. Returns how to stop that. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Finds out whether somebody is signed in: call it before the first page is shown. Never rejects; the state stays
   * `unknown` where the gateway cannot be reached.
   */
  start(): Promise<SessionState> {
    this.#started = true;
    this.#retryAt = -Infinity; // whoever calls this does not want to wait
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /**
   * Returns an access token that is still valid for a while, or undefined when nobody is signed in.
   *
   * @throws SessionUnavailableError when a new token is needed and the gateway cannot be reached.
   */
  async token(): Promise<string | undefined> {
    if (this.#token?.isFresh()) return this.#token.value;
    if (this.#state.status === 'signed-out') return undefined;
    const old = this.#token;
    try {
      await this.#refresh();
    } catch (error) {
      // About to expire, but good enough while the gateway is away.
      if (old !== undefined && old === this.#token && old.remaining() > 0) return old.value;
      throw error;
    }
    return this.#token?.value;
  }

  /** As `token`, for a caller whose token the gateway has refused. */
  async replace(refused: string): Promise<string | undefined> {
    if (this.#token?.value === refused) this.#token.reject();
    return this.token();
  }

  /** Resolves when no refresh is under way. A sign-in waits for that, so that their cookies do not cross. */
  async settled(): Promise<void> {
    await this.#refreshing?.catch(() => {});
  }

  /** Takes over what `SignedIn` brought. The link calls it by itself. */
  accept(tokens: SignedInTokens): void {
    const token = AccessToken.received(tokens, this.#environment);
    if (token === undefined) throw new Error('This is not an access token of a Menjin gateway.');
    this.clock.learn(token.issuedAt * 1000);
    this.#epoch += 1;
    this.#adopt(token);
    this.#tabs.tell({ kind: 'signed-in', token: token.share() });
  }

  /**
   * Signs the user out here and in all tabs. Returns false when the gateway could not be reached: then this device
   * forgets the session, and
   * the gateway is told at the next start.
   */
  async signOut(): Promise<boolean> {
    let reached = true;
    try {
      await this.settled();
      await this.#gateway.logout(this.#fieldMode ? await this.token() : this.#token?.value);
    } catch {
      reached = false;
    }
    this.end('signed-out');
    if (!reached) this.#remember(LEAVING);
    return reached;
  }

  /** Forgets the session here and in all tabs, without asking the gateway, which has ended it already. */
  end(reason: 'signed-out' | 'ended'): void {
    const session = this.#token?.session;
    this.#forget(reason);
    if (session !== undefined) this.#tabs.tell({ kind: 'signed-out', reason, session });
  }

  /** Stops listening to other tabs and to the browser. */
  dispose(): void {
    this.#stopListening();
    this.#tabs.close();
    this.#listeners.clear();
  }

  async #start(): Promise<SessionState> {
    if (this.#state.status !== 'unknown') return this.#state;
    const hint = this.#recall();
    if (hint === LEAVING) void this.#leave();
    if (hint !== PRESENT) {
      this.#change({ status: 'signed-out', reason: 'none' });
      return this.#state;
    }
    try {
      await this.#refresh();
    } catch {
      // The state stays unknown, and the next operation tries again.
    }
    return this.#state;
  }

  /** One refresh at a time for all callers of this tab. */
  #refresh(): Promise<void> {
    if (this.#refreshing !== undefined) return this.#refreshing;
    if (this.#environment.monotonic() < this.#retryAt) {
      return Promise.reject(new SessionUnavailableError('The gateway cannot be reached.', { cause: this.#failure }));
    }
    const epoch = this.#epoch;
    this.#refreshing = exclusively(this.#environment.locks, this.#lockName, this.#patience, () =>
      this.#refreshAlone(epoch),
    ).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Runs while no other tab refreshes. */
  async #refreshAlone(epoch: number): Promise<void> {
    if (this.#environment.locks === undefined) await sleep(Math.random() * (this.#tabs.reachable ? 400 : 0));
    await this.#askTabs();
    if (epoch !== this.#epoch || this.#token?.isFresh()) return;
    const refreshToken = await this.#loadRefreshToken();
    if (this.#fieldMode && refreshToken === undefined) {
      this.#refused();
      return;
    }
    const outcome = await this.#gateway.refresh(refreshToken);
    if (epoch !== this.#epoch) return;
    switch (outcome.kind) {
      case 'renewed':
        await this.#renewed(outcome.tokens);
        break;
      case 'refused':
        this.#refused();
        break;
      case 'unknown':
        this.#failed(outcome.cause, outcome.retryIn);
    }
  }

  async #renewed(tokens: SignedInTokens): Promise<void> {
    const token = AccessToken.received(tokens, this.#environment);
    if (token === undefined) {
      this.#failed(new Error('This is not an access token of a Menjin gateway.'), undefined);
      return;
    }
    this.clock.learn(token.issuedAt * 1000);
    this.#adopt(token);
    this.#tabs.tell({ kind: 'token', token: token.share() });
    // The lock is kept until waiting tabs have had the time to read the message.
    await sleep(0);
  }

  #refused(): void {
    const known = this.#token !== undefined;
    if (known) this.end('ended');
    else this.#forget('none');
  }

  /** Keeps the state, and the next attempts off the gateway for a while. */
  #failed(cause: unknown, retryIn: number | undefined): never {
    const wait = retryIn ?? Math.min(LONGEST_WAIT, 1000 * 2 ** this.#failures);
    this.#failures += 1;
    this.#failure = cause;
    this.#retryAt = this.#environment.monotonic() + wait;
    throw new SessionUnavailableError('The gateway cannot be reached.', { cause });
  }

  /** Asks the other tabs for a token, and waits a moment for the first answer that helps. */
  async #askTabs(): Promise<void> {
    if (!this.#tabs.reachable) return;
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.#tabs.tell({ kind: 'ask' });
    await Promise.race([answered, sleep(ASK)]);
    this.#answered = undefined;
  }

  #receive(message: TabMessage): void {
    switch (message.kind) {
      case 'ask':
        if (this.#token?.isFresh()) this.#tabs.tell({ kind: 'token', token: this.#token.share() });
        break;
      case 'signed-in':
      case 'token': {
        const token = AccessToken.shared(message.token, this.#environment);
        if (token === undefined || this.#ended.has(token.session)) return;
        const signedIn = message.kind === 'signed-in';
        if (!signedIn && !this.#isNewer(token)) return;
        if (token.session !== this.#token?.session) this.#epoch += 1;
        this.#adopt(token);
        if (token.isFresh()) this.#answered?.();
        break;
      }
      case 'signed-out':
        if (this.#token === undefined || this.#token.session === message.session) {
          this.#ended.add(message.session);
          if (this.#token !== undefined) this.#forget(message.reason);
        }
    }
  }

  /** Whether another tab's token is to replace ours: of two, the one that was issued later, or that lasts longer. */
  #isNewer(token: AccessToken): boolean {
    if (this.#token === undefined) return true;
    if (token.issuedAt !== this.#token.issuedAt) return token.issuedAt > this.#token.issuedAt;
    return token.value !== this.#token.value && token.remaining() > this.#token.remaining();
  }

  #adopt(token: AccessToken): void {
    this.#token = token;
    this.#failures = 0;
    this.#retryAt = -Infinity;
    if (this.#fieldMode) void this.#refreshTokens?.save(token.refreshToken).catch(() => {});
    this.#remember(PRESENT);
    this.#change({ status: 'signed-in', account: token.account, session: token.session });
  }

  #forget(reason: SignedOutReason): void {
    this.#epoch += 1;
    if (this.#token !== undefined) this.#ended.add(this.#token.session);
    this.#token = undefined;
    if (this.#fieldMode) void this.#refreshTokens?.save(undefined).catch(() => {});
    this.#remember(undefined);
    this.#change({ status: 'signed-out', reason });
  }

  #change(state: SessionState): void {
    const previous = this.#state;
    this.#state = state;
    if (isSame(previous, state)) return;
    for (const listener of [...this.#listeners]) listener(state, previous);
  }

  async #loadRefreshToken(): Promise<string | undefined> {
    if (!this.#fieldMode) return undefined;
    return this.#token?.refreshToken ?? (await this.#refreshTokens?.load());
  }

  /** The page is seen again, the network is back, or the page comes out of the back-forward cache. */
  #wake(restored: boolean): void {
    this.#retryAt = -Infinity;
    // Messages of other tabs are lost while a page is in the back-forward cache.
    if (restored) this.#token?.reject();
    if (this.#state.status === 'signed-in' || (this.#state.status === 'unknown' && this.#started)) {
      void this.token().catch(() => {});
    } else if (this.#recall() === LEAVING) {
      void this.#leave();
    }
  }

  /** Ends a session whose sign-out did not reach the gateway. */
  async #leave(): Promise<void> {
    try {
      await this.#gateway.logout(undefined);
      if (this.#recall() === LEAVING) this.#remember(undefined);
    } catch {
      // The next start tries again.
    }
  }

  /** Whether there may be a session: without a hint there is none, and the sign-in page can be shown at once. */
  #recall(): typeof PRESENT | typeof LEAVING | undefined {
    if (this.#fieldMode || this.#environment.storage === undefined) return PRESENT;
    try {
      const hint = this.#environment.storage.getItem(this.#lockName);
      return hint === null ? undefined : hint === LEAVING ? LEAVING : PRESENT;
    } catch {
      return PRESENT;
    }
  }

  #remember(hint: typeof PRESENT | typeof LEAVING | undefined): void {
    try {
      if (hint === undefined) this.#environment.storage?.removeItem(this.#lockName);
      else this.#environment.storage?.setItem(this.#lockName, hint);
    } catch {
      // Storage is full or blocked: every page then asks the gateway once.
    }
  }
}

function isSame(one: SessionState, other: SessionState): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
