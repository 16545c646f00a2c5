import type { ServerClock } from './clock.ts';
import type { Environment } from './environment.ts';
import type { SignedInTokens } from './token.ts';

const REFRESH = `mutation RefreshSession($input: RefreshSessionInput) {
  refreshSession(input: $input) {
    __typename
    ... on SignedIn { accessToken refreshToken }
    ... on RateLimited { retryAt }
  }
}`;

const LOGOUT = 'mutation Logout { logout { done } }';

/** What came of asking for the next access token. */
export type RefreshOutcome =
  | { kind: 'renewed'; tokens: SignedInTokens }
  /** The gateway knows no such session any more. */
  | { kind: 'refused' }
  /** Nobody knows: no network, a gateway that is down or busy. The session may well go on. */
  | { kind: 'unknown'; cause: unknown; retryIn: number | undefined };

export interface GatewayOptions {
  uri: string;
  credentials: RequestCredentials;
  headers: () => Record<string, string>;
  /** Milliseconds that a request may take. */
  timeout: number;
}

/** The requests that a session makes itself, outside of Apollo's links: they are never queued behind themselves. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #environment: Environment;
  readonly #clock: ServerClock;

  constructor(options: GatewayOptions, environment: Environment, clock: ServerClock) {
    this.#options = options;
    this.#environment = environment;
    this.#clock = clock;
  }

  /** A `fetch` that learns the gateway's time from the header `Date`, which browsers show for the page's own origin. */
  readonly fetch: typeof fetch = async (input, init) => {
    const sentAt = this.#environment.monotonic();
    const response = await this.#environment.fetch(input, init);
    this.#clock.learn(Date.parse(response.headers.get('date') ?? ''), sentAt);
    return response;
  };

  async refresh(refreshToken: string | undefined): Promise<RefreshOutcome> {
    try {
      const variables = refreshToken === undefined ? {} : { input: { refreshToken } };
      const body = await this.#post(REFRESH, variables, undefined);
      return this.#readRefresh(body);
    } catch (cause) {
      return { kind: 'unknown', cause, retryIn: undefined };
    }
  }

  /** Ends the session at the gateway. Rejects where the gateway could not be reached. */
  async logout(accessToken: string | undefined): Promise<void> {
    const body = await this.#post(LOGOUT, {}, accessToken);
    if (rootField(body, 'logout') === undefined) throw new Error('The gateway did not confirm the sign-out.');
  }

  async #post(query: string, variables: object, accessToken: string | undefined): Promise<unknown> {
    const response = await this.fetch(this.#options.uri, {
      method: 'POST',
      credentials: this.#options.credentials,
      // The response must arrive even if the page is left now: it sets the cookie that replaces the used one.
      keepalive: true,
      signal: AbortSignal.timeout(this.#options.timeout),
      headers: {
        ...this.#options.headers(),
        'content-type': 'application/json',
        accept: 'application/json',
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  }

  #readRefresh(body: unknown): RefreshOutcome {
    const outcome = rootField(body, 'refreshSession');
    switch (outcome?.['__typename']) {
      case 'SignedIn': {
        const { accessToken, refreshToken } = outcome;
        if (typeof accessToken !== 'string') break;
        return {
          kind: 'renewed',
          tokens: { accessToken, refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined },
        };
      }
      case 'SessionRejected':
      case 'InvalidInput':
        return { kind: 'refused' };
      case 'RateLimited': {
        const retryAt = outcome['retryAt'];
        return {
          kind: 'unknown',
          cause: new Error('Sessions are refreshed too often.'),
          retryIn: typeof retryAt === 'string' ? this.#clock.until(retryAt) : undefined,
        };
      }
    }
    return { kind: 'unknown', cause: new Error('The gateway did not refresh the session.'), retryIn: undefined };
  }
}

function rootField(body: unknown, name: string): Record<string, unknown> | undefined {
  const data = isRecord(body) ? body['data'] : undefined;
  const field = isRecord(data) ? data[name] : undefined;
  return isRecord(field) ? field : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
