// Somebody signs in by the provider: first to register, then straight in; and what must not work. Called by interop-oidc.
import assert from "node:assert/strict";
import { Browser } from "./browser.js";
import { provider } from "./provider.js";
import { client } from "./settings.js";

const [gateway, port] = process.argv.slice(2);

async function begin(browser) {
  const { socialAuthorizeUrl: begun } = await browser.graphql(
    gateway,
    `mutation { socialAuthorizeUrl(provider: "oidc", input: { next: "/orders?page=2" }) {
       __typename ... on AuthorizeUrl { url state } ... on Problem { message } } }`,
  );
  assert.equal(begun.__typename, "AuthorizeUrl", JSON.stringify(begun));
  return begun;
}

async function finish(browser, code, state) {
  const { socialAuthorize } = await browser.graphql(
    gateway,
    `mutation($code: String!, $state: String!) {
       socialAuthorize(provider: "oidc", input: { code: $code, state: $state }) {
         __typename
         ... on SignedIn { newAccount next user { id } }
         ... on BindRequired { ticket provider nickname avatarUrl next }
         ... on ProviderRejected { providerCode }
         ... on Problem { code message } } }`,
    { code, state },
  );
  return socialAuthorize;
}

/** The whole way there and back, without the last step. */
async function walk(browser, login, change = () => {}) {
  const begun = await begin(browser);
  const url = new URL(begun.url);
  change(url.searchParams);
  const sent = await browser.walk(url.href, login, client.callback);
  assert.equal(sent.state, begun.state, JSON.stringify(sent));
  return sent;
}

async function smsCode(browser, mobile) {
  const { sendSms } = await browser.graphql(
    gateway,
    "mutation($m: String!) { sendSms(input: { mobile: $m, purpose: BIND }) { __typename } }",
    { m: mobile },
  );
  assert.equal(sendSms.__typename, "CodeSent");
  for (let i = 0; i < 100; i += 1) {
    const inbox = await (await fetch(new URL("/dev/inbox.json", gateway))).json();
    const message = inbox.messages.find((message) => message.destination.endsWith(mobile));
    if (message) return message.code;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("no code came");
}

/** Neither in nor half in. */
function refused(outcome, type, why) {
  assert.equal(outcome.__typename, type, `${why}: ${JSON.stringify(outcome)}`);
}

const { asked, stop } = await provider(Number(port));
try {
  const login = `ada${Date.now()}`;
  const browser = new Browser();

  const sent = await walk(browser, login);
  const outcome = await finish(browser, sent.code, sent.state);
  assert.equal(outcome.__typename, "BindRequired", JSON.stringify(outcome));
  assert.equal(outcome.provider, "oidc");
  assert.equal(outcome.nickname, `Person ${login}`);
  assert.equal(outcome.avatarUrl, `https://people.example.com/${login}.png`);
  assert.equal(outcome.next, "/orders?page=2");

  const mobile = `138${String(Date.now()).slice(-8)}`;
  const code = await smsCode(browser, mobile);
  const { registerWithSocial: registered } = await browser.graphql(
    gateway,
    `mutation($t: String!, $m: String!, $c: String!) {
       registerWithSocial(input: { ticket: $t, mobile: { mobile: $m, code: $c }, acceptTerms: true }) {
         __typename ... on SignedIn { newAccount next user { id } } ... on Problem { code message } } }`,
    { t: outcome.ticket, m: mobile, c: code },
  );
  assert.equal(registered.__typename, "SignedIn", JSON.stringify(registered));
  assert.equal(registered.newAccount, true);

  for (const other of [browser, new Browser()]) {
    const sent = await walk(other, login);
    const again = await finish(other, sent.code, sent.state);
    assert.equal(again.__typename, "SignedIn", JSON.stringify(again));
    assert.equal(again.newAccount, false);
    assert.equal(again.user.id, registered.user.id);
    assert.equal(again.next, "/orders?page=2");
  }

  // The token that comes back is of another sign-in.
  const nonced = await walk(browser, login, (query) => query.set("nonce", "another"));
  refused(await finish(browser, nonced.code, nonced.state), "ProviderRejected", "another nonce");

  // A code that was caught elsewhere: its challenge is not of our verifier.
  const [one, two] = [await walk(browser, login), await walk(browser, login)];
  refused(await finish(browser, two.code, one.state), "ProviderRejected", "a swapped code");

  const used = await walk(browser, login);
  assert.equal((await finish(browser, used.code, used.state)).__typename, "SignedIn");
  const fresh = await begin(browser);
  refused(await finish(browser, used.code, fresh.state), "ProviderRejected", "a used code");

  // The browser that began alone may end it, and the provider is not even asked.
  const theirs = await walk(browser, login);
  const tokens = asked.token;
  const stranger = await finish(new Browser(), theirs.code, theirs.state);
  assert.ok(!["SignedIn", "BindRequired"].includes(stranger.__typename), JSON.stringify(stranger));
  assert.equal(asked.token, tokens, "the code of another browser went to the provider");

  assert.equal(asked.discovery, 1, "discovery is asked for once");
  assert.equal(asked.jwks, 1, "the keys are asked for once");
  console.log("OpenID Connect: registered, signed in again, and every swap refused");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  stop();
  process.exit();
}
