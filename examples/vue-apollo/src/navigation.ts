/** Where to go after a sign-in: a path of this site, whatever an address says. */
export function safeNext(next: unknown): string {
  const path = Array.isArray(next) ? next[0] : next;
  if (typeof path !== 'string' || !path.startsWith('/')) return '/account';
  // Browsers read `//host` and `/\host` as addresses of other sites, and drop tabs and line ends.
  if (/^\/[/\\]/.test(path) || /[\u0000-\u001f\\]/.test(path)) return '/account';
  return path === '/' ? '/account' : path;
}
