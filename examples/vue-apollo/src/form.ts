import type { Operation } from '@menjin/vue';
import { nextTick, reactive, useTemplateRef, watch, type Ref } from 'vue';

export interface Form {
  /** The message to show at a field: of our own check, or of the gateway's. */
  errorOf(field: string): string | undefined;
  /**
   * Shows the messages of fields that did not pass their checks, and puts the focus on the first.
   * Returns whether all passed.
   */
  check(checks: Record<string, string | false | undefined>): boolean;
  /** Puts the focus on the first field with a message, once it is shown. */
  focusProblem(): Promise<void>;
}

/**
 * The messages at the fields of a form. They come when the form is sent, and go when their field is changed.
 *
 * @param fields What was typed, by the name of the field in the schema: `mobile`, `password`.
 * @param name The template ref of the `<form>`.
 */
export function useForm(
  operation: Pick<Operation<never, unknown>, 'fields' | 'refusal'>,
  fields: Record<string, Ref<unknown>>,
  name = 'formElement',
): Form {
  const element = useTemplateRef<HTMLFormElement>(name);
  const messages = reactive<Record<string, string | undefined>>({});

  for (const [name, value] of Object.entries(fields)) {
    watch(value, () => {
      delete messages[name];
    });
  }
  watch(operation.refusal, () => {
    for (const name of Object.keys(messages)) delete messages[name];
    Object.assign(messages, operation.fields.value);
  });

  async function focusProblem(): Promise<void> {
    await nextTick();
    element.value?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }

  return {
    errorOf: (field) => messages[field],
    check(checks) {
      let passed = true;
      for (const [name, message] of Object.entries(checks)) {
        if (typeof message !== 'string') continue;
        messages[name] = message;
        passed = false;
      }
      if (!passed) void focusProblem();
      return passed;
    },
    focusProblem,
  };
}
