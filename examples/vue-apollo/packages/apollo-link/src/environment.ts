/** A named lock of the whole origin, as `navigator.locks` has it. */
export interface Locks {
  request<T>(name: string, options: { signal?: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/** A channel to the other tabs of the origin, as `BroadcastChannel` is one. */
export interface Channel {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
}

/** The parts of a browser that a session uses. Tests replace them; each of the optional ones may be missing. */
export interface Environment {
  fetch: typeof fetch;
  /** Milliseconds on a clock that nobody sets. */
  monotonic: () => number;
  /** Milliseconds on the clock of the device, which may be wrong. */
  deviceTime: () => number;
  locks?: Locks | undefined;
  openChannel?: ((name: string) => Channel) | undefined;
  /** Where to remember that there may be a session. Holds no secret. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
  /** Calls `wake` when the page becomes visible, is online again, or (`restored`) comes out of the back-forward cache. */
  onWake?: ((wake: (restored: boolean) => void) => () => void) | undefined;
}

export function browserEnvironment(): Environment {
  return {
    fetch: (...input) => globalThis.fetch(...input),
    monotonic: () => performance.now(),
    deviceTime: () => Date.now(),
    // Missing on http pages other than localhost.
    locks: typeof navigator === 'undefined' ? undefined : (navigator as Partial<Navigator>).locks,
    openChannel: typeof BroadcastChannel === 'undefined' ? undefined : (name) => new BroadcastChannel(name),
    storage: localStorageOrNone(),
    onWake: typeof document === 'undefined' ? undefined : onWake,
  };
}

/** Reading the property throws where a browser blocks storage. */
function localStorageOrNone(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

function onWake(wake: (restored: boolean) => void): () => void {
  const visible = (): void => {
    if (document.visibilityState === 'visible') wake(false);
  };
  const online = (): void => wake(false);
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) wake(true);
  };
  document.addEventListener('visibilitychange', visible);
  window.addEventListener('online', online);
  window.addEventListener('pageshow', shown);
  return () => {
    document.removeEventListener('visibilitychange', visible);
    window.removeEventListener('online', online);
    window.removeEventListener('pageshow', shown);
  };
}
