/** Remembers how somebody signed in last in this browser: the name of the method, never the account. */
const KEY = 'menjin.last-method';
const DAYS_90 = 90 * 24 * 60 * 60 * 1000;

export function rememberMethod(method: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ method, at: Date.now() }));
  } catch {
    // Nothing depends on it.
  }
}

/** Returns `password`, `code` or the slug of a provider; undefined after 90 days without a sign-in. */
export function lastMethod(): string | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null) return undefined;
    const { method, at } = value as Record<string, unknown>;
    return typeof method === 'string' && typeof at === 'number' && Date.now() - at < DAYS_90 ? method : undefined;
  } catch {
    return undefined;
  }
}
