import type { Failure, Refusal } from '@menjin/vue';
import { computed, type ComputedRef, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';

/** What an operation and the sending of a code have in common. */
export interface Attempt {
  refusal: Readonly<Ref<Refusal | undefined>>;
  message: Readonly<Ref<string | undefined>>;
  failure: Readonly<Ref<Failure | undefined>>;
  wait: Readonly<Ref<number>>;
}

/** The text for a problem that belongs to no field; undefined when there is none, or when its countdown is over. */
export function useProblemText(attempt: () => Attempt): ComputedRef<string | undefined> {
  const { t } = useI18n();
  return computed(() => {
    const { refusal, message, failure, wait } = attempt();
    if (failure.value !== undefined) return failureText(failure.value, t);
    switch (refusal.value?.__typename) {
      case 'RateLimited':
        return wait.value > 0 ? refusal.value.message : undefined;
      case 'CaptchaRequired':
        return t('captcha.title');
      default:
        return message.value;
    }
  });
}

/** The message for the field of a code, with the attempts that are left. */
export function useCodeError(attempt: () => Pick<Attempt, 'refusal'>): ComputedRef<string | undefined> {
  const { t } = useI18n();
  return computed(() => {
    const refusal = attempt().refusal.value;
    if (refusal?.__typename !== 'CodeRejected') return undefined;
    const again = refusal.reason === 'WRONG' && refusal.attemptsLeft > 0;
    return again ? t('code.wrong', { n: refusal.attemptsLeft }) : refusal.message;
  });
}

export function failureText(failure: Failure, t: ReturnType<typeof useI18n>['t']): string {
  return failure.kind === 'server' ? t('error.server', { id: failure.requestId ?? '–' }) : t(`error.${failure.kind}`);
}
