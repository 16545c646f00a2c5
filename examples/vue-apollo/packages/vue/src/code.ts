import { computed, onScopeDispose, ref, shallowRef, toValue, type ComputedRef, type MaybeRefOrGetter, type Ref, type ShallowRef } from 'vue';

import { useCountdown } from './countdown.ts';
import {
  DeliveryDocument,
  SendEmailCodeDocument,
  SendSmsDocument,
  type CaptchaInput,
  type CodePurpose,
  type DeliveryStatus,
} from './generated.ts';
import { useOperation, type CaptchaChallenge } from './operation.ts';
import type { Failure, Refusal } from './outcome.ts';
import { useMenjin } from './plugin.ts';

/** Where a code goes. */
export type Contact = { mobile: string } | { email: string };

export interface UseCode {
  busy: ComputedRef<boolean>;
  /** Whether a code was sent to the current contact. */
  sent: ComputedRef<boolean>;
  /** The contact of the last code, masked: `+86 138****8000`. */
  destination: ComputedRef<string | undefined>;
  /** Seconds until the next code may be sent to the current contact. */
  wait: ComputedRef<number>;
  /** How far the message has come. */
  delivery: Readonly<Ref<DeliveryStatus | undefined>>;
  refusal: ComputedRef<Refusal | undefined>;
  fields: ComputedRef<Record<string, string>>;
  message: ComputedRef<string | undefined>;
  failure: ComputedRef<Failure | undefined>;
  captcha: ComputedRef<CaptchaChallenge | undefined>;
  /** Sends a code to the current contact, unless one is under way or the wait is not over. */
  send(captcha?: CaptchaInput): Promise<boolean>;
}

/** What is kept in the tab, so that a reload neither sends another code nor forgets the countdown. */
interface Sent {
  contact: string;
  destination: string;
  resendAt: string;
  deliveryId: string;
}

/** When to look how the message fares, in milliseconds after the code was sent. */
const LOOKS = [1_500, 4_000, 10_000, 25_000];

/**
 * Sends codes by SMS or e-mail. A code is sent by `send` alone, never by mounting a page.
 *
 * `contact` is what the user has typed. The wait holds for that contact: another one may be tried at once.
 */
export function useCode(
  purpose: CodePurpose,
  contact: MaybeRefOrGetter<Contact>,
  options: { anonymous?: boolean } = {},
): UseCode {
  const { client, session } = useMenjin();
  const sms = useOperation(SendSmsDocument, options);
  const email = useOperation(SendEmailCodeDocument, options);
  const countdown = useCountdown(session.clock);
  const delivery = ref<DeliveryStatus>();
  const last: ShallowRef<Sent | undefined> = shallowRef(recall(purpose));
  let looks: ReturnType<typeof setTimeout>[] = [];

  const key = computed(() => keyOf(toValue(contact)));
  const current = computed(() => ('mobile' in toValue(contact) ? sms : email));
  const sent = computed(() => last.value?.contact === key.value);

  if (last.value !== undefined) {
    countdown.start(last.value.resendAt);
    void look(last.value.deliveryId);
  }

  async function send(captcha?: CaptchaInput): Promise<boolean> {
    if (wait.value > 0) return false;
    const to = toValue(contact);
    const sentTo = keyOf(to);
    const extra = captcha === undefined ? {} : { captcha };
    const asked = performance.now();
    const outcome =
      'mobile' in to
        ? await sms.submit({ input: { ...to, purpose, ...extra } })
        : await email.submit({ input: { ...to, purpose, ...extra } });
    if (outcome === undefined) return false;
    // The message was written while the request was under way: its time is the gateway's time.
    session.clock.learn(Date.parse(outcome.delivery.updatedAt), asked);
    last.value = {
      contact: sentTo,
      destination: outcome.destination,
      resendAt: outcome.resendAt,
      deliveryId: outcome.delivery.id,
    };
    remember(purpose, last.value);
    countdown.start(outcome.resendAt);
    delivery.value = outcome.delivery.status;
    watch(outcome.delivery.id);
    return true;
  }

  function watch(id: string): void {
    looks.forEach(clearTimeout);
    looks = LOOKS.map((after) =>
      setTimeout(() => {
        if (delivery.value === 'QUEUED' && last.value?.deliveryId === id) void look(id);
      }, after),
    );
  }

  async function look(id: string): Promise<void> {
    try {
      const { data } = await client.query({
        query: DeliveryDocument,
        variables: { id },
        fetchPolicy: 'no-cache',
        context: { menjin: 'anonymous' },
      });
      if (last.value?.deliveryId === id) delivery.value = data?.delivery?.status ?? undefined;
    } catch {
      // Only informs; the code may well have arrived.
    }
  }

  const wait = computed(() => (sent.value ? countdown.seconds.value : current.value.wait.value));
  onScopeDispose(() => looks.forEach(clearTimeout));

  return {
    busy: computed(() => sms.busy.value || email.busy.value),
    sent,
    destination: computed(() => (sent.value ? last.value?.destination : undefined)),
    wait,
    delivery,
    refusal: computed(() => current.value.refusal.value),
    fields: computed(() => current.value.fields.value),
    message: computed(() => current.value.message.value),
    failure: computed(() => current.value.failure.value),
    captcha: computed(() => current.value.captcha.value),
    send,
  };
}

/** One word for all ways to type a contact. */
function keyOf(contact: Contact): string {
  return 'mobile' in contact ? contact.mobile.replaceAll(/[\s-]/g, '') : contact.email.trim().toLowerCase();
}

function storageKey(purpose: CodePurpose): string {
  return `menjin.code.${purpose}`;
}

function recall(purpose: CodePurpose): Sent | undefined {
  try {
    const text = sessionStorage.getItem(storageKey(purpose));
    const value: unknown = text === null ? undefined : JSON.parse(text);
    return isSent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function remember(purpose: CodePurpose, sent: Sent): void {
  try {
    sessionStorage.setItem(storageKey(purpose), JSON.stringify(sent));
  } catch {
    // Without storage a reload forgets the countdown. The gateway remembers it.
  }
}

function isSent(value: unknown): value is Sent {
  if (typeof value !== 'object' || value === null) return false;
  const { contact, destination, resendAt, deliveryId } = value as Record<string, unknown>;
  return [contact, destination, resendAt, deliveryId].every((part) => typeof part === 'string');
}
