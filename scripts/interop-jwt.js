// Registers a user and verifies the access tokens with jose and PyJWT. Called by interop-jwt.
import { execFile, spawn } from "node:child_process";
import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

globalThis.crypto ??= webcrypto; // Node 18
const { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } =
  await import("jose");

const [python, gateway, ...rotate] = process.argv.slice(2);
const JWKS = `${gateway}/.well-known/jwks.json`;
const TYPE = "at+jwt";
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

function expect(condition, what) {
  if (!condition) throw new Error(`expected: ${what}`);
}

// -- the gateway

class User {
  cookies = new Map();

  async request(query, variables) {
    const headers = { "content-type": "application/json" };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    if (this.cookies.size) headers.cookie = [...this.cookies].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(`${gateway}/graphql`, {
      method: "POST",
      headers,
      body: JSON.stringify({ query, variables }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(";")[0].split("=");
      this.cookies.set(name, value);
    }
    const { data, errors } = await response.json();
    expect(data && !errors, `a response without errors: ${JSON.stringify(errors)}`);
    return Object.values(data)[0];
  }

  signedIn(outcome) {
    expect(outcome.__typename === "SignedIn", `signed in: ${JSON.stringify(outcome)}`);
    this.token = outcome.accessToken;
    this.id = outcome.user.id;
  }

  async register() {
    const email = `interop-${Date.now()}@example.com`;
    const sent = await this.request(
      "mutation($input: SendEmailCodeInput!) { sendEmailCode(input: $input) { __typename } }",
      { input: { email, purpose: "REGISTER" } },
    );
    expect(sent.__typename === "CodeSent", `a code was sent: ${JSON.stringify(sent)}`);
    let message;
    for (let turn = 0; !message && turn < 100; turn++) {
      await sleep(0.1);
      const { messages } = await (await fetch(`${gateway}/dev/inbox.json`)).json();
      message = messages.find((message) => message.destination === email);
    }
    expect(message?.code, "the code is in the inbox");
    const input = {
      contact: { email: { email, code: message.code } },
      password: "four wild otters swim",
      acceptTerms: true,
    };
    this.signedIn(
      await this.request(
        "mutation($input: RegisterInput!) { register(input: $input) { __typename ... on SignedIn { accessToken user { id } } } }",
        { input },
      ),
    );
  }

  async refresh() {
    this.signedIn(
      await this.request("mutation { refreshSession { __typename ... on SignedIn { accessToken user { id } } } }"),
    );
  }
}

// -- the verifiers

let published = await fetch(JWKS);
const maxAge = Number(/max-age=(\d+)/.exec(published.headers.get("cache-control"))[1]);
published = await published.json();

const child = spawn(python, [fileURLToPath(new URL("interop-jwt.py", import.meta.url)), JWKS, String(maxAge)], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, no_proxy: "*" },
});
const results = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

async function verifyWithPyJwt(token, rules) {
  child.stdin.write(`${JSON.stringify({ token, typ: TYPE, ...rules })}\n`);
  const { value, done } = await results.next();
  expect(!done, "a result of PyJWT");
  return JSON.parse(value);
}

const remote = createRemoteJWKSet(new URL(JWKS), { cacheMaxAge: maxAge * 1000, cooldownDuration: maxAge * 1000 });

async function verifyWithJose(token, { keys, ...rules }, set = keys ? createLocalJWKSet({ keys }) : remote) {
  try {
    return { sub: (await jwtVerify(token, set, { typ: TYPE, ...rules })).payload.sub };
  } catch (error) {
    if (!error.code) throw error;
    return { refused: `${error.code}${error.claim ? ` ${error.claim}` : ""}` };
  }
}

// -- valid tokens are accepted, and invalid ones are refused

const user = new User();
await user.register();
const claims = JSON.parse(Buffer.from(user.token.split(".")[1], "base64url"));
const rules = { audience: claims.aud, issuer: claims.iss };
const header = decodeProtectedHeader(user.token);
expect(header.typ === TYPE && claims.sub === user.id, "the token contains its type and the id of the user");

const assertAccepted = async (token, what) => {
  for (const [name, verify] of [["jose", verifyWithJose], ["PyJWT", verifyWithPyJwt]]) {
    const result = await verify(token, rules);
    expect(result.sub === user.id, `${name} accepts ${what}: ${JSON.stringify(result)}`);
  }
};
const assertRefused = async (what, token, rules, jose, pyjwt) => {
  const results = [(await verifyWithJose(token, rules)).refused, (await verifyWithPyJwt(token, rules)).refused];
  expect(`${results}` === `${[jose, pyjwt]}`, `${what} is refused: ${results}`);
};

await assertAccepted(user.token, "a valid token");
const CLAIM = "ERR_JWT_CLAIM_VALIDATION_FAILED";
await assertRefused("a wrong audience", user.token, { ...rules, audience: "other" }, `${CLAIM} aud`, "InvalidAudienceError");
await assertRefused("a wrong issuer", user.token, { ...rules, issuer: "other" }, `${CLAIM} iss`, "InvalidIssuerError");
await assertRefused("a wrong type", user.token, { ...rules, typ: "JWT" }, `${CLAIM} typ`, "InvalidTokenError");
const { publicKey } = await generateKeyPair(header.alg, { extractable: true });
const otherKey = { ...(await exportJWK(publicKey)), kid: header.kid, alg: header.alg, use: "sig" };
await assertRefused(
  "a wrong key",
  user.token,
  { ...rules, keys: [otherKey] },
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "InvalidSignatureError",
);
const [head, , signature] = user.token.split(".");
const admin = Buffer.from(JSON.stringify({ ...claims, roles: ["admin"] })).toString("base64url");
await assertRefused(
  "a changed claim",
  `${head}.${admin}.${signature}`,
  rules,
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "InvalidSignatureError",
);
const lifetime = claims.exp - Date.now() / 1000;
expect(lifetime < 60, `a short tokens.access_lifetime: ${lifetime} s`);
await sleep(Math.max(0, lifetime) + 1);
await assertRefused("an expired token", user.token, rules, "ERR_JWT_EXPIRED exp", "ExpiredSignatureError");
console.log(`${header.alg}: jose and PyJWT accept valid tokens and refuse invalid ones`);

// -- tokens stay valid during a key rotation

// Caches the keys for max-age and does not fetch them in between, like the strictest cache.
const strict = { until: 0 };
async function verifyWithStrictCache(token) {
  if (Date.now() >= strict.until) {
    strict.set = createLocalJWKSet(await (await fetch(JWKS)).json());
    strict.until = Date.now() + maxAge * 1000;
  }
  return verifyWithJose(token, rules, strict.set);
}

if (rotate.length) {
  await user.refresh();
  const first = decodeProtectedHeader(user.token).kid;
  await promisify(execFile)(rotate[0], rotate.slice(1));
  const deadline = Date.now() + 120_000;
  const seen = new Set();
  let [tokens, verified, removed] = [[], 0, false];
  while (!removed) {
    expect(Date.now() < deadline, `the old key is removed within two minutes: ${[...seen]}`);
    await user.refresh();
    tokens.push(user.token);
    seen.add(decodeProtectedHeader(user.token).kid);
    // Keep each token until shortly before it expires.
    tokens = tokens.filter((token) => {
      const { exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
      return exp - Date.now() / 1000 > 1;
    });
    for (const token of tokens) {
      const result = await verifyWithStrictCache(token);
      expect(result.sub === user.id, `the cached key set contains every key: ${JSON.stringify(result)}`);
      await assertAccepted(token, `a token of key ${decodeProtectedHeader(token).kid}`);
      verified += 3;
    }
    const me = await user.request("{ me { id } }");
    expect(me?.id === user.id, "the gateway accepts every token");
    removed = !(await (await fetch(JWKS)).json()).keys.some((key) => key.kid === first);
    await sleep(0.3);
  }
  expect(seen.size === 2 && seen.has(first), `tokens of two keys: ${[...seen]}`);
  console.log(`${header.alg}: ${verified} verifications during a key rotation, none failed`);
}
child.stdin.end();
process.exit(0);
