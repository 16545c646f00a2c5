import { createRouter, createWebHistory, type RouteComponent, type RouteRecordRaw } from 'vue-router';

import { session } from './apollo.ts';
import { i18n } from './i18n/index.ts';
import { safeNext } from './navigation.ts';

type Title = keyof (typeof import('./i18n/zh-CN.ts'))['default']['titles'];

declare module 'vue-router' {
  interface RouteMeta {
    title: Title;
    /** Only for somebody who is signed in. */
    account?: boolean;
    /** Only for somebody who is not: others go on to `next`. */
    guest?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', redirect: '/account' },
    {
      path: '/',
      component: () => import('./layouts/SignInLayout.vue'),
      children: [
        { path: 'login', component: () => import('./pages/LoginPage.vue'), meta: { title: 'login', guest: true } },
        {
          path: 'register',
          component: () => import('./pages/RegisterPage.vue'),
          meta: { title: 'register', guest: true },
        },
        {
          path: 'callback/:provider',
          component: () => import('./pages/CallbackPage.vue'),
          props: true,
          meta: { title: 'callback' },
        },
        { path: 'recover', component: () => import('./pages/RecoverPage.vue'), meta: { title: 'recover' } },
        { path: 'reset', component: () => import('./pages/ResetPage.vue'), meta: { title: 'reset' } },
        {
          path: 'legal/:text(terms|privacy)',
          component: () => import('./pages/LegalPage.vue'),
          props: true,
          meta: { title: 'legal' },
        },
        {
          path: ':path(.*)*',
          component: () => import('./pages/NotFoundPage.vue'),
          meta: { title: 'notFound' },
        },
      ],
    },
    {
      path: '/account',
      component: () => import('./layouts/AccountLayout.vue'),
      redirect: '/account/profile',
      children: [
        page('profile', () => import('./pages/account/ProfilePage.vue')),
        page('security', () => import('./pages/account/SecurityPage.vue')),
        page('devices', () => import('./pages/account/DevicesPage.vue')),
        page('linked', () => import('./pages/account/LinkedPage.vue')),
        page('activity', () => import('./pages/account/ActivityPage.vue')),
        page('data', () => import('./pages/account/DataPage.vue')),
      ],
    },
  ],
});

/** A page of the account centre. */
function page(path: Title, component: () => Promise<RouteComponent>): RouteRecordRaw {
  return { path, component, meta: { title: path, account: true } };
}

router.beforeEach((to) => {
  const { status } = session.state;
  if (to.meta.account === true && status === 'signed-out') {
    return { path: '/login', query: { next: to.fullPath }, replace: true };
  }
  if (to.meta.guest === true && status === 'signed-in') return safeNext(to.query['next']);
  return true;
});

export function setTitle(): void {
  const { title } = router.currentRoute.value.meta;
  document.title = title === undefined ? i18n.global.t('site') : `${i18n.global.t(`titles.${title}`)} · ${i18n.global.t('site')}`;
}

router.afterEach(setTitle);
