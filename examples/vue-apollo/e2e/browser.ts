import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';

const site = inject('site');
const gateway = inject('gateway');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
let contexts: BrowserContext[] = [];
/** What the browser complained about: it must stay empty, but for what a story expects. */
let complaints: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'].concat(
      ['--disable-component-update', '--disable-sync'],
    ),
  });
});
afterAll(() => browser.close());
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
  const heard = complaints;
  complaints = [];
  expect(heard).toEqual([]);
});

/** Opens a browser of its own: cookies, storage and tabs that no other one shares. */
export async function device(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: site,
    locale: 'zh-CN',
    viewport: { width: 1100, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(15_000);
  contexts.push(context);
  return context;
}

/** Opens a tab. Everything that appears on its console is a complaint. */
export async function tab(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => {
    if (isOurs(message.location().url)) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  await page.goto(path);
  return page;
}

/** Forgets complaints that a story causes on purpose, such as failed requests while it is offline. */
export function expectComplaints(pattern: RegExp): void {
  complaints = complaints.filter((complaint) => !pattern.test(complaint));
}

/** The sandbox of the providers and their pictures are not part of the client. */
function isOurs(address: string): boolean {
  return address === '' || address.startsWith(site);
}

let serial = Math.floor(Math.random() * 9_000);

/** A mobile number that nobody has. */
export function newMobile(): string {
  serial += 1;
  return `1380013${String(serial % 10_000).padStart(4, '0')}`;
}

export function newEmail(): string {
  serial += 1;
  return `han${serial}@example.com`;
}

interface Message {
  destination: string;
  body: string;
  code: string | null;
}

/** Waits for a message to an address. With `after`, for one more than there were. */
export async function message(destination: string, fits: (message: Message) => boolean = hasCode): Promise<Message> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const response = await fetch(`${gateway}/dev/inbox.json`);
    const { messages } = (await response.json()) as { messages: Message[] };
    const found = messages.find((one) => one.destination.endsWith(destination) && !taken.has(one.body) && fits(one));
    if (found !== undefined) {
      taken.add(found.body);
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`no message to ${destination}`);
}

const taken = new Set<string>();
const hasCode = (one: Message): boolean => one.code !== null;

/** Presses the button for a code and types what arrives. */
export async function enterCode(page: Page, destination: string): Promise<void> {
  await page.getByRole('button', { name: /获取验证码|重新获取/ }).click();
  const { code } = await message(destination);
  await page.getByLabel('验证码', { exact: true }).fill(code ?? '');
}

export const PASSWORD = 'correct horse battery';

/** Makes an account without a browser. */
export async function account(contact: { mobile: string } | { email: string } = { mobile: newMobile() }): Promise<string> {
  const [kind, name] = Object.entries(contact)[0] ?? ['', ''];
  await ask(
    kind === 'mobile'
      ? 'mutation ($to: String!) { sendSms(input: { mobile: $to, purpose: REGISTER }) { __typename } }'
      : 'mutation ($to: String!) { sendEmailCode(input: { email: $to, purpose: REGISTER }) { __typename } }',
    { to: name },
  );
  const { code } = await message(name);
  const outcome = await ask(
    `mutation ($input: RegisterInput!) { outcome: register(input: $input) { __typename ... on Problem { message } } }`,
    { input: { contact: { [kind]: { ...contact, code } }, password: PASSWORD, acceptTerms: true } },
  );
  expect(outcome).toMatchObject({ outcome: { __typename: 'SignedIn' } });
  return name;
}

/** Asks the gateway directly, as another program would. */
export async function ask(query: string, variables: object, token?: string): Promise<unknown> {
  const response = await fetch(`${gateway}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return ((await response.json()) as { data: unknown }).data;
}

export async function logIn(context: BrowserContext, account: string, password = PASSWORD): Promise<Page> {
  const page = await tab(context, '/login');
  await page.getByLabel('账号').fill(account);
  await page.getByLabel('密码', { exact: true }).fill(password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('heading', { name: '个人资料' }).waitFor();
  return page;
}

/** Consents at the sandbox of a provider, or has something go wrong there. */
export async function consent(page: Page, person: string, failure = 'none'): Promise<void> {
  await page.waitForURL(/sandbox/);
  await page.getByLabel(new RegExp(person)).check();
  await page.locator('#failure').selectOption(failure);
  await page.locator(`button[value=${failure === 'refused' ? 'refuse' : 'allow'}]`).click();
  await page.waitForURL(/\/callback\//);
}

/** Serious problems for people who cannot see or cannot use a mouse. */
export async function accessibility(page: Page): Promise<string[]> {
  // Not by a <script> element: the page's Content-Security-Policy forbids that, as it should.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Axe {
      run(
        root: Document,
        options: object,
      ): Promise<{ violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[] }>;
    }
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.map(({ id, impact, nodes }) =>
      [id, impact, ...nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`)].join('\n  '),
    );
  });
}
