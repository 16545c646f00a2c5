export { useAvailability, type Availability } from './availability.ts';
export { useCode, type Contact, type UseCode } from './code.ts';
export { useCountdown, type Countdown } from './countdown.ts';
export {
  SettingsDocument,
  type AccountProof,
  type CaptchaInput,
  type CodePurpose,
  type ContactProof,
  type ResetProof,
  type SettingsQuery,
} from './generated.ts';
export { lastMethod, rememberMethod } from './last-method.ts';
export { useOperation, type CaptchaChallenge, type Operation, type OperationOptions } from './operation.ts';
export { failureOf, fieldMessages, isRefusal, type Failure, type Refusal, type Success } from './outcome.ts';
export { createMenjin, useMenjin, type Menjin } from './plugin.ts';
export {
  useProvider,
  type BeginOptions,
  type PendingIdentity,
  type ProviderOutcome,
  type UseProvider,
} from './provider.ts';
export { useSession, type UseSession } from './session.ts';
export {
  usePasswordReset,
  useRegister,
  useSignIn,
  type UsePasswordReset,
  type UseSignIn,
} from './sign-in.ts';
