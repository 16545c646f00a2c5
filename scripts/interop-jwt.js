// Signs up at a gateway and verifies its access tokens as others would, with jose and PyJWT. Called by interop-jwt.
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

function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

// -- the gateway

class Person {
  cookies = new Map();

  async ask(query, variables) {
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
    expect(data && !errors, `an answer without errors: ${JSON.stringify(errors)}`);
    return Object.values(data)[0];
  }

  signedIn(outcome) {
    expect(outcome.__typename === "SignedIn", `signed in: ${JSON.stringify(outcome)}`);
    this.token = outcome.accessToken;
    this.id = outcome.user.id;
  }

  async register() {
    const email = `interop-${Date.now()}@example.com`;
    const sent = await this.ask(
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
    expect(message?.code, "the code came");
    const input = {
      contact: { email: { email, code: message.code } },
      password: "four wild otters swim",
      acceptTerms: true,
    };
    this.signedIn(
      await this.ask(
        "mutation($input: RegisterInput!) { register(input: $input) { __typename ... on SignedIn { accessToken user { id } } } }",
        { input },
      ),
    );
  }

  async refresh() {
    this.signedIn(
      await this.ask("mutation { refreshSession { __typename ... on SignedIn { accessToken user { id } } } }"),
    );
  }
}

// -- the two others

let published = await fetch(JWKS);
const maxAge = Number(/max-age=(\d+)/.exec(published.headers.get("cache-control"))[1]);
published = await published.json();

const child = spawn(python, [fileURLToPath(new URL("interop-jwt.py", import.meta.url)), JWKS, String(maxAge)], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, no_proxy: "*" },
});
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

async function byPython(token, rules) {
  child.stdin.write(`${JSON.stringify({ token, typ: TYPE, ...rules })}\n`);
  const { value, done } = await answers.next();
  expect(!done, "Python answers");
  return JSON.parse(value);
}

const remote = createRemoteJWKSet(new URL(JWKS), { cacheMaxAge: maxAge * 1000, cooldownDuration: maxAge * 1000 });

async function byJose(token, { keys, ...rules }, set = keys ? createLocalJWKSet({ keys }) : remote) {
  try {
    return { sub: (await jwtVerify(token, set, { typ: TYPE, ...rules })).payload.sub };
  } catch (error) {
    if (!error.code) throw error;
    return { refused: `${error.code}${error.claim ? ` ${error.claim}` : ""}` };
  }
}

// -- a good token holds, and nothing else does

const person = new Person();
await person.register();
const claims = JSON.parse(Buffer.from(person.token.split(".")[1], "base64url"));
const good = { audience: claims.aud, issuer: claims.iss };
const header = decodeProtectedHeader(person.token);
expect(header.typ === TYPE && claims.sub === person.id, "the token names its type and its person");

const holds = async (token, what) => {
  for (const [name, verify] of [["jose", byJose], ["PyJWT", byPython]]) {
    const outcome = await verify(token, good);
    expect(outcome.sub === person.id, `${name} takes ${what}: ${JSON.stringify(outcome)}`);
  }
};
const refuses = async (what, token, rules, jose, pyjwt) => {
  const outcomes = [(await byJose(token, rules)).refused, (await byPython(token, rules)).refused];
  expect(`${outcomes}` === `${[jose, pyjwt]}`, `${what} is refused: ${outcomes}`);
};

await holds(person.token, "a good token");
const CLAIM = "ERR_JWT_CLAIM_VALIDATION_FAILED";
await refuses("a wrong audience", person.token, { ...good, audience: "other" }, `${CLAIM} aud`, "InvalidAudienceError");
await refuses("a wrong issuer", person.token, { ...good, issuer: "other" }, `${CLAIM} iss`, "InvalidIssuerError");
await refuses("a wrong type", person.token, { ...good, typ: "JWT" }, `${CLAIM} typ`, "InvalidTokenError");
const { publicKey } = await generateKeyPair(header.alg, { extractable: true });
const theirs = { ...(await exportJWK(publicKey)), kid: header.kid, alg: header.alg, use: "sig" };
await refuses(
  "a wrong key",
  person.token,
  { ...good, keys: [theirs] },
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "InvalidSignatureError",
);
const [head, , signature] = person.token.split(".");
const admin = Buffer.from(JSON.stringify({ ...claims, roles: ["admin"] })).toString("base64url");
await refuses(
  "a changed claim",
  `${head}.${admin}.${signature}`,
  good,
  "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  "InvalidSignatureError",
);
const life = claims.exp - Date.now() / 1000;
expect(life < 60, `tokens.access_lifetime is short: ${life} s`);
await sleep(Math.max(0, life) + 1);
await refuses("a token after its end", person.token, good, "ERR_JWT_EXPIRED exp", "ExpiredSignatureError");
console.log(`${header.alg}: jose and PyJWT take what they should and refuse what they should`);

// -- nobody notices a rotation

// Keeps our keys as long as we say and asks for no key in between: the strictest that a cache can be.
const strict = { until: 0 };
async function byCache(token) {
  if (Date.now() >= strict.until) {
    strict.set = createLocalJWKSet(await (await fetch(JWKS)).json());
    strict.until = Date.now() + maxAge * 1000;
  }
  return byJose(token, good, strict.set);
}

if (rotate.length) {
  await person.refresh();
  const first = decodeProtectedHeader(person.token).kid;
  await promisify(execFile)(rotate[0], rotate.slice(1));
  const deadline = Date.now() + 120_000;
  const seen = new Set();
  let [tokens, verified, gone] = [[], 0, false];
  while (!gone) {
    expect(Date.now() < deadline, `the old key goes within two minutes: ${[...seen]}`);
    await person.refresh();
    tokens.push(person.token);
    seen.add(decodeProtectedHeader(person.token).kid);
    // Each token until shortly before its end.
    tokens = tokens.filter((token) => {
      const { exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
      return exp - Date.now() / 1000 > 1;
    });
    for (const token of tokens) {
      const outcome = await byCache(token);
      expect(outcome.sub === person.id, `a cache knows every key: ${JSON.stringify(outcome)}`);
      await holds(token, `every token, and so ${decodeProtectedHeader(token).kid}`);
      verified += 3;
    }
    const me = await person.ask("{ me { id } }");
    expect(me?.id === person.id, "the gateway takes every token");
    gone = !(await (await fetch(JWKS)).json()).keys.some((key) => key.kid === first);
    await sleep(0.3);
  }
  expect(seen.size === 2 && seen.has(first), `two keys signed: ${[...seen]}`);
  console.log(`${header.alg}: ${verified} verifications through a rotation, none failed`);
}
child.stdin.end();
process.exit(0);
