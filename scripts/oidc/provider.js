// Runs oidc-provider with its development pages, which accept every login.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";
import { client, issuer } from "./settings.js";

// Silence the warnings about development features.
console.info = console.warn = () => {};

/** Starts the provider. Returns the number of requests per endpoint and a function to stop it. */
export async function provider(port) {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const oidc = new Provider(issuer(port), {
    clients: [{
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: [client.callback],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }],
    jwks: { keys: [{ ...rsa, use: "sig" }] },
    cookies: { keys: ["used in this run only"] },
    pkce: { required: () => true },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "picture"],
    },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `Person ${id}`,
        picture: `https://people.example.com/${id}.png`,
        email: `${id}@example.com`,
        email_verified: true,
      }),
    }),
  });
  const requests = {};
  oidc.use(async (context, next) => {
    await next();
    const name = context.oidc?.route;
    if (name) requests[name] = (requests[name] ?? 0) + 1;
  });
  const server = await new Promise((done, failed) => {
    const server = oidc.listen(port, "127.0.0.1", () => done(server));
    server.on("error", failed);
  });
  return { requests, stop: () => server.close() };
}
