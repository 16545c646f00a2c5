import { expect, test } from 'vitest';

import { account, consent, device, enterCode, logIn, newMobile, PASSWORD, tab } from './browser.ts';

test('a stranger registers with QQ, and is signed in at once the next time', async () => {
  const context = await device();
  const page = await tab(context, '/login?next=/account/linked');
  await page.getByRole('button', { name: '使用 QQ 登录' }).click();
  await consent(page, '韩梅梅');
  await page.getByRole('heading', { name: /你好，韩梅梅/ }).waitFor();
  await page.getByRole('tab', { name: '注册新账号' }).click();
  const mobile = newMobile();
  await page.getByLabel('手机号').fill(mobile);
  await enterCode(page, mobile);
  await page.getByText('我已阅读并同意').click();
  await page.getByRole('button', { name: '注册并登录' }).click();
  await page.getByRole('heading', { name: '第三方账号' }).waitFor();
  await page.getByText(/韩梅梅，绑定于/).waitFor();
  // Back does not return to the code that was used.
  await page.goBack();
  expect(page.url()).not.toContain('/callback/');

  const again = await tab(await device(), '/login');
  await again.getByRole('button', { name: '使用 QQ 登录' }).click();
  await consent(again, '韩梅梅');
  await again.getByRole('heading', { name: '个人资料' }).waitFor();
});

test('somebody who has an account binds QQ to it by the password', async () => {
  const mobile = await account();
  const page = await tab(await device(), '/login');
  await page.getByRole('button', { name: '使用 QQ 登录' }).click();
  await consent(page, '李雷');
  await page.getByRole('heading', { name: /你好，李雷/ }).waitFor();
  // A reload gets the same ticket.
  await page.reload();
  await page.getByRole('heading', { name: /你好，李雷/ }).waitFor();
  await page.getByRole('button', { name: '绑定并登录' }).click();
  await page.getByText('请输入账号').waitFor();
  await page.getByLabel('账号').fill(mobile);
  await page.getByLabel('密码', { exact: true }).fill('wrong password');
  await page.getByRole('button', { name: '绑定并登录' }).click();
  await page.getByRole('alert').getByText(/密码|验证信息/).waitFor();
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: '绑定并登录' }).click();
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
});

test('a number that is registered already leads from registering to binding, with the same code', async () => {
  const mobile = await account();
  const page = await tab(await device(), '/login');
  await page.getByRole('button', { name: '使用 GitHub 登录' }).click();
  await consent(page, '韩梅梅|Han');
  await page.getByRole('tab', { name: '注册新账号' }).click();
  await page.getByLabel('手机号').fill(mobile);
  await enterCode(page, mobile);
  const code = await page.getByLabel('验证码', { exact: true }).inputValue();
  await page.getByText('我已阅读并同意').click();
  await page.getByRole('button', { name: '注册并登录' }).click();
  await page.locator('.error', { hasText: /已/ }).waitFor();
  await page.getByRole('link', { name: '绑定已有账号' }).click();
  await page.getByRole('tab', { name: '用短信验证码验证' }).click();
  expect(await page.getByLabel('手机号').inputValue()).toBe(mobile);
  await page.getByLabel('验证码', { exact: true }).fill(code);
  await page.getByRole('button', { name: '绑定并登录' }).click();
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
});

test('who refuses at the provider is not told of an error, and can begin again', async () => {
  const page = await tab(await device(), '/login');
  await page.getByRole('button', { name: '使用 WeChat 登录' }).or(page.getByRole('button', { name: '使用 微信 登录' })).click();
  await consent(page, '韩梅梅', 'refused');
  await page.getByRole('heading', { name: '已取消' }).waitFor();
  await page.getByRole('button', { name: '重新登录' }).click();
  await page.waitForURL(/sandbox/);
});

test('a sign-in that failed at the provider is explained', async () => {
  const page = await tab(await device(), '/login');
  await page.getByRole('button', { name: '使用 QQ 登录' }).click();
  await consent(page, 'Lucy', 'code_expired');
  await page.getByRole('heading', { name: 'QQ 登录失败' }).waitFor();
  await page.getByText(/QQ 返回的错误码/).waitFor();
  await page.getByRole('button', { name: '重新登录' }).waitFor();
});

test('a callback out of the blue is explained, and so is an unknown page', async () => {
  const context = await device();
  const page = await tab(context, '/callback/qq?code=abc&state=def');
  await page.getByRole('heading', { name: 'QQ 登录失败' }).waitFor();
  await page.goto('/callback/qq?code=100010&msg=redirect%20uri%20is%20illegal&state=x');
  await page.getByText('QQ 没有返回有效的授权').waitFor();
  await page.goto('/nowhere');
  await page.getByRole('heading', { name: '页面不存在' }).waitFor();
});

test('two attempts in two tabs do not mix', async () => {
  const context = await device();
  const [one, two] = [await tab(context, '/login'), await tab(context, '/login')];
  await one.getByRole('button', { name: '使用 微博 登录' }).or(one.getByRole('button', { name: '使用 Weibo 登录' })).click();
  await one.waitForURL(/sandbox/);
  await two.getByRole('button', { name: '使用 QQ 登录' }).click();
  await two.waitForURL(/sandbox/);
  await consent(one, '王林');
  await one.getByRole('heading', { name: /你好/ }).waitFor();
  await consent(two, '王林');
  await two.getByRole('heading', { name: /你好/ }).waitFor();
});

test('a provider is linked to an account, and taken off again', async () => {
  const mobile = await account();
  const page = await logIn(await device(), mobile);
  await page.getByRole('link', { name: '第三方账号' }).click();
  await page.getByRole('button', { name: '绑定 QQ' }).click();
  await consent(page, 'Lucy');
  await page.getByText('已绑定 QQ 账号').waitFor();
  await page.getByRole('button', { name: '解除绑定 QQ' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '解除绑定' }).click();
  await page.getByText('已解除绑定').waitFor();
  await page.getByRole('button', { name: '绑定 QQ', exact: true }).waitFor();
});
