// Registers users at a gateway in development mode, for the interop scripts.
import assert from "node:assert/strict";

async function graphql(gateway, query, variables) {
  const response = await fetch(new URL("/graphql", gateway), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Registers a user with a code from the inbox. Returns the id and an access token. */
export async function registerUser(gateway) {
  const email = `interop-${process.pid}-${Date.now()}@example.com`;
  await graphql(
    gateway,
    "mutation($e: String!) { sendEmailCode(input: { email: $e, purpose: REGISTER }) { __typename } }",
    { e: email },
  );
  for (let i = 0; i < 100; i += 1) {
    const inbox = await (await fetch(new URL("/dev/inbox.json", gateway))).json();
    const message = inbox.messages.find((message) => message.destination === email);
    if (message) {
      const { register } = await graphql(
        gateway,
        `mutation($e: String!, $c: String!) { register(input: { contact: { email: { email: $e, code: $c } }
           password: "four wild otters swim", acceptTerms: true }) { __typename ... on SignedIn { accessToken user { id } } } }`,
        { e: email, c: message.code },
      );
      assert.equal(register.__typename, "SignedIn");
      return { id: register.user.id, token: register.accessToken };
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("no code in the inbox");
}
