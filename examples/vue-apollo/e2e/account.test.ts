import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { account, ask, device, enterCode, logIn, message, newEmail, newMobile, PASSWORD } from './browser.ts';

test('names, contacts and the password are changed', async () => {
  const mobile = await account();
  const page = await logIn(await device(), mobile);
  await page.getByLabel('昵称').fill('小门');
  await page.getByLabel('头像地址').fill('http://example.com/a.png');
  await page.getByRole('button', { name: '保存' }).click();
  await page.locator('.error').first().waitFor();
  await page.getByLabel('头像地址').fill('');
  await page.getByLabel('昵称').fill(`小门${mobile.slice(-6)}`);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('个人资料已保存').waitFor();

  await page.getByRole('link', { name: '账号与安全' }).click();
  await page.getByRole('button', { name: '绑定邮箱' }).click();
  const email = newEmail();
  await page.getByLabel('新邮箱').fill(email);
  await enterCode(page, email);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('邮箱已更新').waitFor();
  await page.getByText(email).waitFor();

  await page.getByRole('button', { name: '修改密码' }).click();
  await page.getByLabel('当前密码').fill('not my password');
  await page.getByLabel('新密码').fill('another horse battery');
  await page.getByRole('button', { name: '保存' }).click();
  await page.locator('.error').waitFor();
  await page.getByLabel('当前密码').fill(PASSWORD);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('密码已修改').waitFor();
  await logIn(await device(), email, 'another horse battery');
});

test('a device is signed out from another one, which notices at its next step', async () => {
  const mobile = await account();
  const lost = await logIn(await device({ userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' }), mobile);
  const page = await logIn(await device(), mobile);
  await page.getByRole('link', { name: '登录设备管理' }).click();
  await page.getByText('当前设备', { exact: true }).waitFor();
  await page.getByRole('button', { name: /退出 .*Firefox/ }).click();
  await page.getByText('已退出该设备').waitFor();
  await page.getByRole('button', { name: /退出 .*Firefox/ }).waitFor({ state: 'detached' });

  await lost.getByRole('link', { name: '登录记录' }).click();
  await lost.getByRole('heading', { name: '登录', exact: true }).waitFor();
  await lost.getByText('登录已失效').waitFor();
  expect(new URL(lost.url()).searchParams.get('next')).toBe('/account/activity');

  // The account was made by a program, which has a session as well.
  await page.getByRole('button', { name: '退出其他所有设备' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '退出其他所有设备' }).click();
  await page.getByText(/已退出 \d 个其他设备/).waitFor();
});

test('what is stored is shown and can be downloaded', async () => {
  const mobile = await account();
  const page = await logIn(await device(), mobile);
  await page.getByRole('link', { name: '登录记录' }).click();
  await page.getByText('登录成功').first().waitFor();
  await page.getByText('注册账号').waitFor();
  await page.getByRole('link', { name: '数据与账号' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出' }).click();
  const file = await (await download).path();
  expect(readFileSync(file, 'utf8')).toContain(mobile);
});

test('two accounts of one person become one', async () => {
  const [mobile, other] = [await account(), await account({ email: newEmail() })];
  const page = await logIn(await device(), mobile);
  await page.getByRole('link', { name: '数据与账号' }).click();
  await page.getByRole('button', { name: '合并其他账号' }).click();
  await page.getByLabel('另一个账号', { exact: true }).fill(other);
  await page.getByLabel('另一个账号的密码').fill('not its password');
  await page.getByRole('button', { name: '确认合并' }).click();
  await page.getByRole('alert').getByText(/密码|验证信息/).waitFor();
  await page.getByLabel('另一个账号的密码').fill(PASSWORD);
  await page.getByRole('button', { name: '确认合并' }).click();
  await page.getByText('账号已合并').waitFor();
  await page.getByRole('link', { name: '账号与安全' }).click();
  await page.getByText(other).waitFor();
});

test('an account is deleted by its owner, after a word about what that means', async () => {
  const mobile = await account();
  const page = await logIn(await device(), mobile);
  await page.getByRole('link', { name: '数据与账号' }).click();
  await page.getByRole('button', { name: '注销账号' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '确认注销' }).click();
  await dialog.getByText('我已了解').click();
  await dialog.getByRole('button', { name: '确认注销' }).click();
  await page.getByText('注销申请已提交').waitFor();
  await page.getByRole('heading', { name: '登录', exact: true }).waitFor();
  const outcome = await ask(
    'mutation ($input: LoginInput!) { outcome: login(input: $input) { __typename } }',
    { input: { account: mobile, password: PASSWORD } },
  );
  expect(outcome).toEqual({ outcome: { __typename: 'AccountDisabled' } });
});

test('the number is changed with a code to the new one', async () => {
  const mobile = await account();
  const page = await logIn(await device(), mobile);
  await page.getByRole('link', { name: '账号与安全' }).click();
  await page.getByRole('button', { name: '更换手机号' }).click();
  const next = newMobile();
  await page.getByLabel('新手机号').fill(next);
  await enterCode(page, next);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('手机号已更新').waitFor();
  // The old number is told.
  await message(mobile, (one) => one.code === null);
});
