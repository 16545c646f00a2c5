import './element.ts';
import './styles/theme.css';

import { createMenjin } from '@menjin/vue';
import { DefaultApolloClient } from '@vue/apollo-composable';
import { createPinia } from 'pinia';
import { createApp } from 'vue';

import App from './App.vue';
import { client, session } from './apollo.ts';
import { i18n, loadLanguage } from './i18n/index.ts';
import { router } from './router.ts';

/** How long the first page waits to learn whether somebody is signed in. */
const PATIENCE = 3_000;

async function start(): Promise<void> {
  // Before anything is shown: a page for guests must not flash up for somebody who is signed in.
  await Promise.all([
    Promise.race([session.start(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]),
    loadLanguage(document.documentElement.lang === 'en' ? 'en' : 'zh-CN'),
  ]);
  const app = createApp(App);
  app.use(createPinia());
  app.use(i18n);
  app.use(createMenjin({ client, session }));
  app.provide(DefaultApolloClient, client);
  app.use(router);
  await router.isReady();
  app.mount('#app');
}

void start();
