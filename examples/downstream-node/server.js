// A service without a proxy in front of it. It verifies access tokens with the public keys of the gateway.
import http from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const gateway = process.env.GATEWAY ?? "http://127.0.0.1:8000";
// The issuer of the tokens (the setting tokens.issuer); in production the public URL of the gateway.
const issuer = process.env.ISSUER ?? gateway;
const port = Number(process.env.PORT ?? 9000);

// The keys are cached, and fetched again when a token has an unknown key id.
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", gateway));

/** Returns the claims of the access token. Throws if the token is missing or invalid. */
async function verifyToken(request) {
  const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!token) throw new errors.JWTInvalid("no token");
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience: process.env.AUDIENCE ?? "menjin",
    typ: "at+jwt", // refuses other types of tokens
    algorithms: ["EdDSA", "ES256", "RS256"], // asymmetric algorithms only, so that a public key cannot be used as a shared secret
    requiredClaims: ["sub", "sid", "exp"],
    clockTolerance: 5,
  });
  return payload;
}

function respond(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  response.end(JSON.stringify(body));
}

const server = http.createServer(async (request, response) => {
  let claims;
  try {
    claims = await verifyToken(request);
  } catch (error) {
    const unavailable = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
    if (unavailable) {
      console.error(error); // without the keys, the token can be neither accepted nor refused
      return respond(response, 503, { error: "unavailable" });
    }
    return respond(response, 401, { error: "unauthenticated" }, { "www-authenticate": "Bearer" });
  }
  if (request.url === "/admin" && !claims.roles?.includes("admin")) {
    return respond(response, 403, { error: "forbidden" });
  }
  return respond(response, 200, { user: claims.sub, roles: claims.roles, session: claims.sid });
});

server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
