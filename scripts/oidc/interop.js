// A user registers and signs in with the provider, and forged callbacks are refused. Called by interop-oidc.
import assert from "node:assert/strict";
import { Browser } from "./browser.js";
import { provider } from "./provider.js";
import { client } from "./settings.js";

const [gateway, port] = process.argv.slice(2);

async function startSignIn(browser) {
  const { socialAuthorizeUrl: started } = await browser.graphql(
    gateway,
    `mutation { socialAuthorizeUrl(provider: "oidc", input: { next: "/orders?page=2" }) {
       __typename ... on AuthorizeUrl { url state } ... on Problem { message } } }`,
  );
  assert.equal(started.__typename, "AuthorizeUrl", JSON.stringify(started));
  return started;
}

async function completeSignIn(browser, code, state) {
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

/** Signs in at the provider. Returns the callback parameters, which have not been sent to the gateway yet. */
async function signInAtProvider(browser, login, change = () => {}) {
  const started = await startSignIn(browser);
  const url = new URL(started.url);
  change(url.searchParams);
  const callback = await browser.signIn(url.href, login, client.callback);
  assert.equal(callback.state, started.state, JSON.stringify(callback));
  return callback;
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
  throw new Error("no code in the inbox");
}

function assertRejected(outcome, why) {
  assert.equal(outcome.__typename, "ProviderRejected", `${why}: ${JSON.stringify(outcome)}`);
}

const { requests, stop } = await provider(Number(port));
try {
  const login = `ada${Date.now()}`;
  const browser = new Browser();

  const first = await signInAtProvider(browser, login);
  const outcome = await completeSignIn(browser, first.code, first.state);
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
    const callback = await signInAtProvider(other, login);
    const again = await completeSignIn(other, callback.code, callback.state);
    assert.equal(again.__typename, "SignedIn", JSON.stringify(again));
    assert.equal(again.newAccount, false);
    assert.equal(again.user.id, registered.user.id);
    assert.equal(again.next, "/orders?page=2");
  }

  // The ID token belongs to another sign-in.
  const otherNonce = await signInAtProvider(browser, login, (query) => query.set("nonce", "another"));
  assertRejected(await completeSignIn(browser, otherNonce.code, otherNonce.state), "another nonce");

  // The code belongs to another sign-in, so its PKCE challenge does not match the verifier.
  const [one, two] = [await signInAtProvider(browser, login), await signInAtProvider(browser, login)];
  assertRejected(await completeSignIn(browser, two.code, one.state), "a swapped code");

  const used = await signInAtProvider(browser, login);
  assert.equal((await completeSignIn(browser, used.code, used.state)).__typename, "SignedIn");
  const fresh = await startSignIn(browser);
  assertRejected(await completeSignIn(browser, used.code, fresh.state), "a used code");

  // Only the browser that started the sign-in can complete it. Otherwise no request is sent to the provider.
  const stolen = await signInAtProvider(browser, login);
  const tokenRequests = requests.token;
  const stranger = await completeSignIn(new Browser(), stolen.code, stolen.state);
  assert.ok(!["SignedIn", "BindRequired"].includes(stranger.__typename), JSON.stringify(stranger));
  assert.equal(requests.token, tokenRequests, "the code of another browser was sent to the provider");

  assert.equal(requests.discovery, 1, "the discovery document is fetched once");
  assert.equal(requests.jwks, 1, "the keys are fetched once");
  console.log("OpenID Connect: registration and sign-in work, and forged callbacks are refused");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  stop();
  process.exit();
}
