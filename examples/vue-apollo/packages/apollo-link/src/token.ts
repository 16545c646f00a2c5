import { Stopwatch } from './clock.ts';
import type { Environment } from './environment.ts';

/** The part of `SignedIn` that makes a session. */
export interface SignedInTokens {
  accessToken: string;
  refreshToken?: string | null | undefined;
}

/** A token as one tab tells it to another. */
export interface SharedToken {
  accessToken: string;
  /** Milliseconds that are left of `lifetime`. */
  remaining: number;
  lifetime: number;
  /** Only where refresh tokens come as a field. */
  refreshToken?: string | undefined;
}

interface Claims {
  sub: string;
  sid: string;
  iat: number;
  exp: number;
}

/** A token is renewed this long before its end, or in the last quarter of its life where that is shorter. */
const MARGIN = 30_000;

/** An access token, with how long it is valid by a clock that does not depend on the device's. */
export class AccessToken {
  readonly value: string;
  readonly refreshToken: string | undefined;
  /** The `sub` of the token: the id of the user. */
  readonly account: string;
  /** The `sid` of the token: the id of the session. */
  readonly session: string;
  /** When the gateway signed it, in seconds since 1970. */
  readonly issuedAt: number;
  readonly #lifetime: number;
  readonly #spent: number;
  readonly #stopwatch: Stopwatch;
  #rejected = false;

  private constructor(
    value: string,
    claims: Claims,
    lifetime: number,
    remaining: number,
    refreshToken: string | undefined,
    environment: Environment,
  ) {
    this.value = value;
    this.refreshToken = refreshToken;
    this.account = claims.sub;
    this.session = claims.sid;
    this.issuedAt = claims.iat;
    this.#lifetime = lifetime;
    this.#spent = lifetime - remaining;
    this.#stopwatch = new Stopwatch(environment);
  }

  /** Reads a token that the gateway has just sent; undefined where it is not one of Menjin's. */
  static received(tokens: SignedInTokens, environment: Environment): AccessToken | undefined {
    const claims = readClaims(tokens.accessToken);
    if (claims === undefined) return undefined;
    const lifetime = (claims.exp - claims.iat) * 1000;
    return new AccessToken(
      tokens.accessToken,
      claims,
      lifetime,
      lifetime,
      tokens.refreshToken ?? undefined,
      environment,
    );
  }

  /** Reads a token that another tab has sent. */
  static shared(token: SharedToken, environment: Environment): AccessToken | undefined {
    const claims = readClaims(token.accessToken);
    if (claims === undefined) return undefined;
    const remaining = Math.min(token.remaining, token.lifetime);
    return new AccessToken(token.accessToken, claims, token.lifetime, remaining, token.refreshToken, environment);
  }

  share(): SharedToken {
    return {
      accessToken: this.value,
      remaining: this.remaining(),
      lifetime: this.#lifetime,
      refreshToken: this.refreshToken,
    };
  }

  /** Milliseconds until it expires; 0 once the gateway has refused it. */
  remaining(): number {
    if (this.#rejected) return 0;
    return Math.max(0, this.#lifetime - this.#spent - this.#stopwatch.elapsed());
  }

  isFresh(): boolean {
    return this.remaining() > Math.min(MARGIN, this.#lifetime / 4);
  }

  /** Takes note that the gateway refused it, whatever the clocks say. */
  reject(): void {
    this.#rejected = true;
  }
}

function readClaims(token: string): Claims | undefined {
  try {
    const payload = token.split('.')[1] ?? '';
    const bytes = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const claims: unknown = JSON.parse(decodeURIComponent(escapeBytes(bytes)));
    return isClaims(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function escapeBytes(bytes: string): string {
  return Array.from(bytes, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
}

function isClaims(value: unknown): value is Claims {
  if (typeof value !== 'object' || value === null) return false;
  const { sub, sid, iat, exp } = value as Record<string, unknown>;
  return typeof sub === 'string' && typeof sid === 'string' && typeof iat === 'number' && typeof exp === 'number';
}
