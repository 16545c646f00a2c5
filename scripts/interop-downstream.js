// Starts the services of examples/ and sends them valid and invalid tokens. Called by interop-downstream.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { registerUser } from "./lib/user.js";

const [gateway, axum] = process.argv.slice(2);
const node = fileURLToPath(new URL("../examples/downstream-node/server.js", import.meta.url));
const children = [];

async function start(command, args) {
  const probe = net.createServer();
  const port = await new Promise((done) => probe.listen(0, "127.0.0.1", () => done(probe.address().port)));
  await new Promise((done) => probe.close(done));
  const env = { ...process.env, GATEWAY: gateway.replace(/\/$/, ""), PORT: String(port) };
  children.push(spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] }));
  for (let i = 0; i < 200; i += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (response) return { port, first: response };
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${command} did not start`);
}

const request = (port, headers, path = "/") => fetch(`http://127.0.0.1:${port}${path}`, { headers });
const tampered = (token) => token.replace(/\.(.)([^.]*)$/, (_, first, rest) => `.${first === "A" ? "B" : "A"}${rest}`);

async function assertRefused(port, headers) {
  const response = await request(port, headers);
  assert.equal(response.status, 401, `${JSON.stringify(headers)}: ${await response.text()}`);
}

let code = 0;
try {
  const user = await registerUser(gateway);
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  const verified = await fetch(new URL("/auth/verify", gateway), { headers: bearer(user.token) });
  const upstream = verified.headers.get("x-upstream-token");
  const forwarded = (token) => ({ "x-upstream-token": token, "x-user-id": "admin" });

  const direct = await start("node", [node]);
  assert.equal(direct.first.status, 401);
  const accepted = await request(direct.port, bearer(user.token));
  assert.equal(accepted.status, 200, await accepted.clone().text());
  assert.equal((await accepted.json()).user, user.id);
  assert.equal((await request(direct.port, bearer(user.token), "/admin")).status, 403);
  for (const token of [tampered(user.token), upstream, "x", ""]) await assertRefused(direct.port, bearer(token));
  console.log("downstream-node: accepts valid access tokens only");

  const proxied = await start(axum, []);
  assert.equal(proxied.first.status, 401);
  const identified = await request(proxied.port, forwarded(upstream));
  assert.equal(identified.status, 200, await identified.clone().text());
  assert.equal((await identified.json()).sub, user.id);
  for (const token of [tampered(upstream), user.token, "x"]) await assertRefused(proxied.port, forwarded(token));
  await assertRefused(proxied.port, bearer(user.token));
  console.log("downstream-axum: accepts valid upstream tokens only");
} catch (error) {
  console.error(error);
  code = 1;
}
for (const child of children) child.kill();
process.exit(code);
