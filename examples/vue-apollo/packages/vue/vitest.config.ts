import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['menjin-source', 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: ['menjin-source', 'node', 'module', 'import', 'development|production'] } },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'] },
});
