import type { Channel, Environment, Locks } from './environment.ts';
import type { SharedToken } from './token.ts';

/** What tabs of one origin tell each other. */
export type TabMessage =
  /** Somebody signed in. */
  | { kind: 'signed-in'; token: SharedToken }
  /** The session goes on with this token. */
  | { kind: 'token'; token: SharedToken }
  | { kind: 'signed-out'; reason: 'signed-out' | 'ended'; session: string }
  /** Who has a token? */
  | { kind: 'ask' };

/** The other tabs of the origin; none where the browser has no `BroadcastChannel`. */
export class Tabs {
  readonly #channel: Channel | undefined;

  constructor(name: string, environment: Environment, receive: (message: TabMessage) => void) {
    this.#channel = environment.openChannel?.(name);
    if (this.#channel === undefined) return;
    this.#channel.onmessage = (event) => {
      if (isTabMessage(event.data)) receive(event.data);
    };
  }

  get reachable(): boolean {
    return this.#channel !== undefined;
  }

  tell(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }

  close(): void {
    this.#channel?.close();
  }
}

function isTabMessage(value: unknown): value is TabMessage {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as Record<string, unknown>;
  switch (message['kind']) {
    case 'ask':
      return true;
    case 'signed-out':
      return typeof message['session'] === 'string';
    case 'signed-in':
    case 'token':
      return isSharedToken(message['token']);
    default:
      return false;
  }
}

function isSharedToken(value: unknown): value is SharedToken {
  if (typeof value !== 'object' || value === null) return false;
  const token = value as Record<string, unknown>;
  return (
    typeof token['accessToken'] === 'string' &&
    typeof token['remaining'] === 'number' &&
    typeof token['lifetime'] === 'number'
  );
}

/**
 * Runs `work` while no other tab runs it.
 *
 * A tab that the system has frozen may hold the lock for ever, so the wait has a limit. After it, and without locks at
 * all, `work` runs beside that of other tabs: the gateway accepts the previous refresh token until its successor was
 * used, so two refreshes at once sign nobody out.
 */
export async function exclusively<T>(
  locks: Locks | undefined,
  name: string,
  patience: number,
  work: () => Promise<T>,
): Promise<T> {
  if (locks === undefined) return work();
  let granted = false;
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), patience);
  try {
    return await locks.request(name, { signal: waiting.signal }, () => {
      granted = true;
      clearTimeout(timer);
      return work();
    });
  } catch (error) {
    if (granted) throw error;
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
