import { mkdirSync } from 'node:fs';

import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';

import { accessibility, account, consent, device, logIn, PASSWORD, tab } from './browser.ts';

/** `SCREENSHOTS=folder` keeps a picture of every page and state. */
const folder = process.env['SCREENSHOTS'];
if (folder !== undefined) mkdirSync(folder, { recursive: true });

const LOOKS: [string, BrowserContextOptions, string][] = [
  ['desktop-light-zh', { colorScheme: 'light' }, 'zh-CN'],
  ['desktop-dark-en', { colorScheme: 'dark', locale: 'en' }, 'en'],
  ['phone-dark-zh', { colorScheme: 'dark', viewport: { width: 375, height: 760 } }, 'zh-CN'],
  ['phone-light-en', { colorScheme: 'light', locale: 'en', viewport: { width: 320, height: 640 } }, 'en'],
];

/** Everything that is wrong with the pages of one test, told together. */
let findings: string[] = [];
afterEach(() => {
  const found = findings;
  findings = [];
  expect(found.join('\n')).toBe('');
});

async function judge(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  findings.push(...(await accessibility(page)).map((violation) => `${name}: ${violation}`));
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (overflow > 0) findings.push(`${name} scrolls sideways by ${overflow}`);
}

test.each(LOOKS)('the pages for guests are fit to be used by everybody: %s', async (look, options, language) => {
  const context = await device(options);
  const page = await tab(context, '/login');
  expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
  await page.locator('form').waitFor();
  await judge(page, `${look}-login`);
  await page.locator('button[type=submit]').click();
  await page.locator('.error').first().waitFor();
  await judge(page, `${look}-login-errors`);
  await page.getByRole('tab').nth(1).click();
  await judge(page, `${look}-login-code`);
  for (const path of ['/register', '/recover', '/reset?token=none', '/legal/terms', '/nowhere']) {
    await page.goto(path);
    await page.locator('h1').waitFor();
    await judge(page, `${look}${path.replaceAll(/\W+/g, '-')}`);
  }
  await page.goto('/recover');
  await page.locator('input').first().fill('han@example.com');
  await page.locator('button[type=submit]').click();
  await page.locator('.choice').first().waitFor();
  await judge(page, `${look}-recover-choose`);
  await page.goto('/callback/qq?state=x');
  await page.locator('h1').waitFor();
  await judge(page, `${look}-callback-cancelled`);
});

test.each(LOOKS.slice(0, 3))('the pages of the account are fit to be used by everybody: %s', async (look, options) => {
  const mobile = await account();
  const context = await device({ ...options, locale: 'zh-CN' });
  const page = await logIn(context, mobile);
  for (const path of ['profile', 'security', 'devices', 'linked', 'activity', 'data']) {
    await page.locator(`a[href$="/account/${path}"]`).click();
    await page.locator('.panel').first().waitFor();
    await judge(page, `${look}-account-${path}`);
  }
  await page.getByRole('button', { name: '合并其他账号' }).click();
  await page.getByRole('button', { name: '注销账号' }).click();
  await page.getByRole('dialog').waitFor();
  await judge(page, `${look}-account-delete`);
  await page.keyboard.press('Escape');
  await page.locator('a[href$="/account/security"]').click();
  await page.getByRole('button', { name: '更换手机号' }).click();
  await judge(page, `${look}-account-change-mobile`);
});

test.each(LOOKS.slice(0, 3))('the choice after a provider is fit to be used by everybody: %s', async (look, options) => {
  const context = await device({ ...options, locale: 'zh-CN' });
  const page = await tab(context, '/login');
  await page.getByRole('button', { name: '使用 OpenID Connect 登录' }).click();
  await consent(page, '韩梅梅');
  await page.getByRole('tab', { name: '绑定已有账号' }).waitFor();
  await judge(page, `${look}-callback-bind`);
  await page.getByRole('tab', { name: '注册新账号' }).click();
  await judge(page, `${look}-callback-register`);
});

test('the language and the appearance can be chosen, and stay', async () => {
  const page = await tab(await device({ colorScheme: 'light' }), '/login');
  await page.getByLabel('语言').selectOption('en');
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  expect(await page.title()).toBe('Sign in · Menjin');
  await page.getByLabel('Appearance').selectOption('dark');
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  expect(await page.evaluate(() => document.documentElement.className)).toContain('dark');
  // The gateway's messages follow.
  await page.getByLabel('Account').fill('nobody');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  expect(await page.locator('.problem').textContent()).toMatch(/^[\x20-\x7e’]+$/);
});
