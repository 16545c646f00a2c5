// A service without a proxy before it: it verifies access tokens itself, by the keys that the gateway publishes.
import http from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const gateway = process.env.GATEWAY ?? "http://127.0.0.1:8000";
// What the gateway calls itself in tokens (tokens.issuer); in production its public address.
const issuer = process.env.ISSUER ?? gateway;
const port = Number(process.env.PORT ?? 9000);

// Fetched when a token names a key that is not known yet, so that new keys are met without a restart; kept otherwise.
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", gateway));

/** The claims of the caller's access token; throws when there is none that holds. */
async function caller(request) {
  const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!token) throw new errors.JWTInvalid("no token");
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience: process.env.AUDIENCE ?? "menjin",
    typ: "at+jwt", // no other kind of token passes
    algorithms: ["EdDSA", "ES256", "RS256"], // none of them takes a public key for a shared secret
    requiredClaims: ["sub", "sid", "exp"],
    clockTolerance: 5,
  });
  return payload;
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(body));
}

const server = http.createServer(async (request, response) => {
  let claims;
  try {
    claims = await caller(request);
  } catch (error) {
    const away = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
    if (away) {
      console.error(error); // the keys could not be fetched: nobody is let in, and nobody is called a liar
      return answer(response, 503, { error: "unavailable" });
    }
    return answer(response, 401, { error: "unauthenticated" }, { "www-authenticate": "Bearer" });
  }
  if (request.url === "/admin" && !claims.roles?.includes("admin")) {
    return answer(response, 403, { error: "forbidden" });
  }
  return answer(response, 200, { user: claims.sub, roles: claims.roles, session: claims.sid });
});

server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
