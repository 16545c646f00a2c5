import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ProxyOptions } from 'vite';

/** Where the gateway listens. The page and the gateway then share one origin, so no origin has to be allowed. */
const gateway = process.env['GATEWAY'] ?? 'http://127.0.0.1:8000';
const port = Number(process.env['PORT'] ?? 5173);

// The `Host` header stays that of the page: the gateway compares the origin with it.
const toGateway: ProxyOptions = { target: gateway, changeOrigin: false };
const proxy = { '/graphql': toGateway, '/sandbox': toGateway, '/dev/': toGateway, '/graphiql': toGateway };

/**
 * For `npm run preview`, as a web server would send it with the built files. The pictures of the sandbox come from the
 * gateway by http; those of the real providers by https.
 */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: " +
    `${gateway}; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
};

export default defineConfig({
  plugins: [vue()],
  resolve: {
    alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) },
    // The packages of this folder are used as they are in `src`, without building them first.
    conditions: ['menjin-source', 'module', 'browser', 'development|production'],
  },
  define: {
    // Apollo Client 3 otherwise advertises its browser extension on the console of a production build.
    'globalThis.__DEV__': JSON.stringify(false),
    __VUE_I18N_LEGACY_API__: JSON.stringify(false),
    __INTLIFY_PROD_DEVTOOLS__: JSON.stringify(false),
  },
  build: { target: 'es2022', assetsInlineLimit: 0 },
  server: { port, strictPort: true, proxy },
  preview: { port, strictPort: true, proxy, headers },
});
