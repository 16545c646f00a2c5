import { expect, test } from 'vitest';

import { account, device, enterCode, logIn, message, newEmail, newMobile, PASSWORD, tab } from './browser.ts';

test('a visitor registers by mobile number, and mends what was wrong on the way', async () => {
  const page = await tab(await device(), '/register');
  const mobile = newMobile();
  await page.getByRole('button', { name: '注册', exact: true }).click();
  // All at once, each at its field, and the focus at the first.
  for (const text of ['请输入手机号或邮箱', '请输入验证码', '请输入密码']) await page.getByText(text).waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');

  await page.getByLabel('手机号或邮箱').fill('12345');
  await page.getByRole('button', { name: '获取验证码' }).click();
  await page.getByText(/手机号.*(格式|不正确|无效)/).first().waitFor();
  await page.getByLabel('手机号或邮箱').fill(mobile);
  await page.getByRole('button', { name: '获取验证码' }).click();
  await page.getByText(`验证码已发送至 +86 138****${mobile.slice(-4)}`).first().waitFor();
  await page.getByRole('button', { name: /秒后重新获取/ }).waitFor();

  await page.getByLabel('验证码', { exact: true }).fill('000000');
  await page.getByLabel('密码', { exact: true }).fill('12345678');
  await page.getByRole('button', { name: '注册', exact: true }).click();
  // Nothing is sent without consent, which is asked for.
  await page.getByRole('button', { name: '同意并继续' }).click();
  await page.locator('.error', { hasText: /密码/ }).waitFor();
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: '注册', exact: true }).click();
  await page.getByText(/验证码错误，还可尝试 \d 次/).waitFor();
  const { code } = await message(mobile);
  // As a person pastes it.
  await page.getByLabel('验证码', { exact: true }).fill(` ${code?.slice(0, 3)} ${code?.slice(3)} `);
  await page.getByRole('button', { name: '注册', exact: true }).click();
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
  await page.getByText('注册成功').waitFor();
});

test('a visitor registers by e-mail, and learns that a user name is taken while typing', async () => {
  const context = await device();
  const email = newEmail();
  const page = await tab(context, '/register');
  await page.getByLabel('手机号或邮箱').fill(email);
  await page.getByLabel('用户名').fill('admin');
  await page.getByText('已被占用，或格式不符合要求').waitFor();
  const name = `han_${Date.now() % 1_000_000}`;
  await page.getByLabel('用户名').fill(name);
  await page.getByText('✓ 可以使用').waitFor();
  await enterCode(page, email);
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByText('我已阅读并同意').click();
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: '注册', exact: true }).click();
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
  expect(await page.getByLabel('用户名').inputValue()).toBe(name);

  const other = await tab(await device(), '/register');
  await other.getByLabel('手机号或邮箱').fill(email);
  await other.getByText('已注册，或暂不支持').waitFor();
  await other.getByRole('link', { name: '直接登录' }).first().click();
  // What was typed is still there.
  expect(await other.getByLabel('账号').inputValue()).toBe(email);
});

test('a wrong password is explained, and the right one leads to where one wanted to go', async () => {
  const mobile = await account();
  const context = await device();
  const page = await tab(context, '/account/devices');
  await page.getByRole('heading', { name: '登录', exact: true }).waitFor();
  await page.getByLabel('账号').fill(mobile);
  await page.getByLabel('密码', { exact: true }).fill('wrong password');
  await page.getByLabel('密码', { exact: true }).press('Enter');
  await page.getByRole('alert').getByText(/密码|验证信息/).waitFor();
  expect(await page.getByLabel('账号').inputValue()).toBe(mobile);
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('heading', { name: '登录设备管理' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/account/devices');
  // A reload goes on without the sign-in page, and back does not return to it.
  await page.reload();
  await page.getByRole('heading', { name: '登录设备管理' }).waitFor();
});

test('foreign addresses are no place to go to', async () => {
  const mobile = await account();
  for (const next of ['//evil.example', '/%5Cevil.example', 'https://evil.example', '/%09/evil.example']) {
    const page = await tab(await device(), `/login?next=${next}`);
    await page.getByLabel('账号').fill(mobile);
    await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: '登录', exact: true }).click();
    await page.getByRole('heading', { name: '个人资料' }).waitFor();
  }
});

test('a code signs in; a number that nobody registered leads to the registration', async () => {
  const mobile = await account();
  const page = await tab(await device(), '/login');
  await page.getByRole('tab', { name: '验证码登录' }).click();
  const unknown = newMobile();
  await page.getByLabel('手机号或邮箱').fill(unknown);
  await enterCode(page, unknown);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('alert').getByRole('link', { name: '立即注册' }).waitFor();

  // Another number need not wait for the countdown of the first.
  await page.getByLabel('手机号或邮箱').fill(mobile);
  await enterCode(page, mobile);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
});

test('a reload neither sends another code nor forgets the countdown, even with a wrong clock', async () => {
  const context = await device();
  // A device that is a day late, whose clock runs all the same.
  await context.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() - 86_400_000;
  });
  const page = await tab(context, '/login');
  await page.getByRole('tab', { name: '验证码登录' }).click();
  const mobile = newMobile();
  await page.getByLabel('手机号或邮箱').fill(mobile);
  await page.getByRole('button', { name: '获取验证码' }).click();
  await page.getByRole('button', { name: /^[1-4] 秒后重新获取/ }).waitFor();
  await page.reload();
  await page.getByRole('tab', { name: '验证码登录' }).click();
  await page.getByLabel('手机号或邮箱').fill(mobile);
  await page.getByRole('button', { name: '重新获取', exact: true }).waitFor();
});

test('too many wrong passwords are a countdown on the button', async () => {
  const mobile = await account();
  const page = await tab(await device(), '/login');
  await page.getByLabel('账号').fill(mobile);
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await page.getByLabel('密码', { exact: true }).fill(`wrong ${attempt} password`);
    await page.getByLabel('密码', { exact: true }).press('Enter');
    await page.getByRole('button', { name: '登录', exact: true }).or(page.getByText(/秒后可重试/)).waitFor();
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  }
  await page.getByRole('button', { name: /\d+ 秒后可重试/ }).waitFor();
});

test('the form can be filled in by keyboard alone', async () => {
  const mobile = await account();
  const page = await tab(await device(), '/login');
  await page.getByRole('tab', { name: '密码登录' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByLabel('手机号或邮箱').waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Tab');
  await page.keyboard.type(mobile);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('显示密码');
  await page.keyboard.press('Enter');
  expect(await page.getByLabel('密码', { exact: true }).getAttribute('type')).toBe('text');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
});

test('the last way to sign in is remembered, but not who it was', async () => {
  const mobile = await account();
  const page = await logIn(await device(), mobile);
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByRole('heading', { name: '登录', exact: true }).waitFor();
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }));
  expect(kept).toContain('password');
  expect(kept).not.toContain(mobile);
});
