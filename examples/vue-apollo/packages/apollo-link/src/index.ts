export { ServerClock } from './clock.ts';
export type { Channel, Environment, Locks } from './environment.ts';
export { createMenjinLink } from './link.ts';
export {
  Session,
  SessionUnavailableError,
  type RefreshTokenStore,
  type SessionOptions,
  type SessionState,
  type SignedOutReason,
} from './session.ts';
export type { SignedInTokens } from './token.ts';
