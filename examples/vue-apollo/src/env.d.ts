/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Addresses of the operator's own pages; without them the client shows placeholders. */
  readonly VITE_TERMS_URL?: string;
  readonly VITE_PRIVACY_URL?: string;
}

interface ImportMeta {
  readonly env: ImportMetaEnv;
}

declare module 'element-plus/es/components/*/style/css';
