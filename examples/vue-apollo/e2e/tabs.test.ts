import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';

import { account, device, expectComplaints, logIn, PASSWORD, tab } from './browser.ts';

/** Counts the refreshes of a tab. */
function countRefreshes(page: Page): () => number {
  let count = 0;
  page.on('request', (request) => {
    if (request.postData()?.includes('mutation RefreshSession') === true) count += 1;
  });
  return () => count;
}

test('signing in and out in one tab does the same in the others', async () => {
  const mobile = await account();
  const context = await device();
  const here = await tab(context, '/login');
  const there = await tab(context, '/login?next=/account/devices');
  await here.getByLabel('账号').fill(mobile);
  await here.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await here.getByRole('button', { name: '登录', exact: true }).click();
  await here.getByRole('heading', { name: '个人资料' }).waitFor();
  await there.getByRole('heading', { name: '登录设备管理' }).waitFor();
  await here.getByRole('button', { name: '退出登录' }).click();
  for (const page of [here, there]) await page.getByRole('heading', { name: '登录', exact: true }).waitFor();
  // Back shows nothing of the account.
  await there.goBack().catch(() => null);
  await there.waitForTimeout(300);
  expect(await there.getByText('当前设备').count()).toBe(0);
});

test('three tabs whose token has expired refresh once', async () => {
  const mobile = await account();
  const context = await device();
  const pages = [await logIn(context, mobile)];
  for (const path of ['/account/devices', '/account/activity']) {
    const page = await tab(context, path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    pages.push(page);
  }
  const counts = pages.map(countRefreshes);
  await pages[0]?.waitForTimeout(8_500);
  await Promise.all(pages.map((page) => page.getByRole('link', { name: '账号与安全' }).click()));
  await Promise.all(pages.map((page) => page.getByText(mobile.slice(-4)).waitFor()));
  await Promise.all(pages.map((page) => page.getByRole('link', { name: '第三方账号' }).click()));
  await Promise.all(pages.map((page) => page.getByText('GitHub').waitFor()));
  expect(counts.reduce((sum, count) => sum + count(), 0)).toBe(1);
});

test('a new tab of somebody who is signed in shows nothing of the sign-in page', async () => {
  const mobile = await account();
  const context = await device();
  await logIn(context, mobile);
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      const heading = document.querySelector('h1')?.textContent?.trim();
      if (heading !== undefined && heading !== seen.at(-1)) seen.push(heading);
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto('/login');
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
  expect(await page.evaluate(() => (window as unknown as { seen: string[] }).seen)).toEqual(['个人资料']);
});

test('without a network nobody is signed out, and the page goes on when it is back', async () => {
  const mobile = await account();
  const context = await device();
  const page = await logIn(context, mobile);
  await context.setOffline(true);
  await page.waitForTimeout(8_500); // the token expires meanwhile
  await page.getByLabel('昵称').fill(`离线${mobile.slice(-6)}`);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('网络异常，请检查网络后重试').waitFor();
  await context.setOffline(false);
  await page.waitForTimeout(1_500);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('个人资料已保存').waitFor();
  expectComplaints(/ERR_INTERNET_DISCONNECTED/);
});

test('a page that opens without the gateway says so, and offers to try again', async () => {
  const mobile = await account();
  const context = await device();
  await logIn(context, mobile);
  await context.route('**/graphql', (route) => route.abort());
  const page = await tab(context, '/account/profile');
  await page.getByRole('heading', { name: '暂时无法连接' }).or(page.getByText('网络异常')).waitFor();
  await context.unroute('**/graphql');
  await page.waitForTimeout(2_500);
  await page.getByRole('button', { name: '重试' }).click();
  await page.getByLabel('昵称').waitFor();
  expectComplaints(/ERR_FAILED/);
});

test('a sign-out without a network is made up for later', async () => {
  const mobile = await account();
  const context = await device();
  const page = await logIn(context, mobile);
  await context.setOffline(true);
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByText('已在此设备退出').waitFor();
  await context.setOffline(false);
  await page.reload();
  await page.getByRole('heading', { name: '登录', exact: true }).waitFor();
  await page.waitForTimeout(1_000);
  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name)).not.toContain('menjin_refresh');
  expectComplaints(/ERR_INTERNET_DISCONNECTED/);
});
