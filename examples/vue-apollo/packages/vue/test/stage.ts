import { Session } from '@menjin/apollo-link';
import { createApp, type App } from 'vue';

import { createMenjin, type Menjin } from '../src/plugin.ts';

interface Asked {
  name: string;
  variables: Record<string, unknown>;
  context: Record<string, unknown>;
}

type Answer = (variables: Record<string, unknown>) => unknown;

/** A gateway whose answers a test writes down, with a clock of its own. */
export class Stage {
  readonly asked: Asked[] = [];
  /** By the name of the operation. A function may return data, throw, or return a promise. */
  readonly answers: Record<string, Answer> = {};
  /** Milliseconds that the device's clock is wrong. */
  deviceError = 0;
  readonly session: Session;
  readonly #apps: App[] = [];

  constructor() {
    this.session = new Session({
      uri: '/graphql',
      environment: { openChannel: undefined, locks: undefined, deviceTime: () => Date.now() + this.deviceError },
    });
  }

  /** A moment of the gateway's time. */
  in(milliseconds: number): string {
    return new Date(Date.now() + milliseconds).toISOString();
  }

  /** Calls a composable in a component. Returns what it returned, and how to unmount. */
  mount<T>(composable: () => T): [T, () => void] {
    const result: T[] = [];
    const app = createApp({
      setup() {
        result.push(composable());
        return () => null;
      },
    });
    app.use(createMenjin({ client: this.#client(), session: this.session }));
    app.mount(document.createElement('div'));
    this.#apps.push(app);
    return [result[0] as T, () => app.unmount()];
  }

  names(): string[] {
    return this.asked.map((operation) => operation.name);
  }

  #client(): Menjin['client'] {
    const ask = async (options: unknown): Promise<{ data: unknown }> => {
      const { query, mutation, variables, context } = options as {
        query?: Document;
        mutation?: Document;
        variables?: Record<string, unknown>;
        context?: Record<string, unknown>;
      };
      const name = (query ?? mutation)?.definitions[0]?.name.value ?? '';
      this.asked.push({ name, variables: variables ?? {}, context: context ?? {} });
      const answer = this.answers[name];
      if (answer === undefined) throw new Error(`no answer to ${name}`);
      return { data: await answer(variables ?? {}) };
    };
    return { query: ask, mutate: ask } as Menjin['client'];
  }
}

interface Document {
  definitions: { name: { value: string } }[];
}

export const REFUSED = { code: 'X', message: '请重试' };
