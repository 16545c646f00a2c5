// Starts the services of examples/ and shows them good and bad tokens. Called by interop-downstream.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { person } from "./lib/person.js";

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
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer) return { port, first: answer };
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${command} did not start`);
}

const ask = (port, headers, path = "/") => fetch(`http://127.0.0.1:${port}${path}`, { headers });
const flipped = (token) => token.replace(/\.(.)([^.]*)$/, (_, first, rest) => `.${first === "A" ? "B" : "A"}${rest}`);

async function refused(port, headers) {
  const answer = await ask(port, headers);
  assert.equal(answer.status, 401, `${JSON.stringify(headers)}: ${await answer.text()}`);
}

let code = 0;
try {
  const who = await person(gateway);
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  const verified = await fetch(new URL("/auth/verify", gateway), { headers: bearer(who.token) });
  const upstream = verified.headers.get("x-upstream-token");
  const behind = (token) => ({ "x-upstream-token": token, "x-user-id": "admin" });

  const direct = await start("node", [node]);
  assert.equal(direct.first.status, 401);
  const told = await ask(direct.port, bearer(who.token));
  assert.equal(told.status, 200, await told.clone().text());
  assert.equal((await told.json()).user, who.id);
  assert.equal((await ask(direct.port, bearer(who.token), "/admin")).status, 403);
  for (const token of [flipped(who.token), upstream, "x", ""]) await refused(direct.port, bearer(token));
  console.log("downstream-node: takes access tokens, and nothing else");

  const proxied = await start(axum, []);
  assert.equal(proxied.first.status, 401);
  const said = await ask(proxied.port, behind(upstream));
  assert.equal(said.status, 200, await said.clone().text());
  assert.equal((await said.json()).sub, who.id);
  for (const token of [flipped(upstream), who.token, "x"]) await refused(proxied.port, behind(token));
  await refused(proxied.port, bearer(who.token));
  console.log("downstream-axum: takes upstream tokens, and nothing else");
} catch (error) {
  console.error(error);
  code = 1;
}
for (const child of children) child.kill();
process.exit(code);
