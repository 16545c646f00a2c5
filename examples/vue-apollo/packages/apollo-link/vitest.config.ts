import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const apollo4 = fileURLToPath(new URL('../../node_modules/apollo-client-4', import.meta.url));

/** Every test runs with Apollo Client 3.14 and with 4. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'apollo-3', include: ['test/**/*.test.ts'], env: { APOLLO: '3' } } },
      {
        resolve: { alias: [{ find: /^@apollo\/client/, replacement: apollo4 }] },
        test: { name: 'apollo-4', include: ['test/**/*.test.ts'], env: { APOLLO: '4' } },
      },
    ],
  },
});
