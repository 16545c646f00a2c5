import { expect, test } from 'vitest';

import { account, device, enterCode, logIn, message, newEmail, newMobile, tab } from './browser.ts';

const NEW_PASSWORD = 'another horse battery';

test('a password is replaced by the link in a mail', async () => {
  const email = await account({ email: newEmail() });
  const other = await logIn(await device(), email);
  const context = await device();
  const page = await tab(context, '/login');
  await page.getByLabel('账号').fill(email);
  await page.getByRole('link', { name: '忘记密码？' }).click();
  // Nobody types an address twice.
  expect(await page.getByLabel('手机号或邮箱').inputValue()).toBe(email);
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('button', { name: '发送重置链接' }).click();
  await page.getByRole('heading', { name: '请查收邮件' }).waitFor();
  const { body } = await message(email, (one) => one.body.includes('/reset?token='));
  const link = /http\S+\/reset\?token=[\w-]+/.exec(body)?.[0] ?? '';

  // The mail program opens another browser. Looking at the page, as scanners do, uses nothing up.
  const scanner = await tab(await device(), link);
  await scanner.getByRole('heading', { name: '设置新密码' }).waitFor();
  const reader = await tab(await device(), link);
  await reader.getByText(/正在为 .*\*\*\*@example.com 重置密码/).waitFor();
  await reader.getByLabel('新密码').fill('123');
  await reader.getByRole('button', { name: '重置密码' }).click();
  await reader.locator('.error', { hasText: '密码' }).waitFor();
  await reader.getByLabel('新密码').fill(NEW_PASSWORD);
  await reader.getByRole('button', { name: '重置密码' }).click();
  await reader.getByText('密码已重置').waitFor();

  // The link is used up, and everybody was signed out.
  await scanner.reload();
  await scanner.getByRole('heading', { name: '链接已失效' }).waitFor();
  await other.getByRole('link', { name: '登录设备管理' }).click();
  await other.getByRole('heading', { name: '登录', exact: true }).waitFor();
  await other.getByText('登录已失效').waitFor();
  await logIn(await device(), email, NEW_PASSWORD);
});

test('a password is replaced by a code in an SMS', async () => {
  const mobile = await account();
  const page = await tab(await device(), '/recover');
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByText('请输入手机号或邮箱').waitFor();
  await page.getByLabel('手机号或邮箱').fill(mobile);
  await page.getByRole('button', { name: '下一步' }).click();
  await page.waitForTimeout(3_000); // all codes to one number share an interval
  await enterCode(page, mobile);
  await page.getByLabel('新密码').fill(NEW_PASSWORD);
  await page.getByRole('button', { name: '重置密码' }).click();
  await page.getByText('密码已重置').waitFor();
  await page.getByRole('heading', { name: '登录', exact: true }).waitFor();
});

test('nobody learns whether an address has an account, and back goes one step back', async () => {
  const page = await tab(await device(), '/recover');
  const email = newEmail();
  await page.getByLabel('手机号或邮箱').fill(email);
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('button', { name: '发送重置链接' }).click();
  await page.getByRole('heading', { name: '请查收邮件' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: '选择验证方式' }).waitFor();
  await page.goBack();
  expect(await page.getByLabel('手机号或邮箱').inputValue()).toBe(email);
  const mobile = newMobile();
  await page.getByLabel('手机号或邮箱').fill(mobile);
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('button', { name: '获取验证码' }).click();
  await page.getByText('验证码已发送至').first().waitFor();
});
