// Starts nginx and Caddy in front of a service that echoes requests, and checks which requests reach the service. Called
// by interop-proxies.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registerUser } from "./lib/user.js";

const gateway = new URL(process.argv[2]);
const work = mkdtempSync(join(tmpdir(), "menjin-proxies."));
const page = readFileSync(new URL("../docs/proxies.md", import.meta.url), "utf8");
const IDENTITY = ["x-user-id", "x-user-roles", "x-session-id", "x-upstream-token"];
const children = [];

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function freePort() {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}

/** The service returns the request, with header names as they were received. */
let received = 0;
const service = http.createServer(async (request, response) => {
  received += 1;
  let body = "";
  for await (const chunk of request) body += chunk;
  const { method, url, rawHeaders } = request;
  const headers = [];
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i], rawHeaders[i + 1]]);
  response.end(JSON.stringify({ method, url, headers, body }));
});

/** A TCP relay to the gateway that can be stopped to simulate an outage. */
const sockets = new Set();
const relay = net.createServer((near) => {
  const far = net.connect(Number(gateway.port || 80), gateway.hostname);
  for (const [one, other] of [[near, far], [far, near]]) {
    sockets.add(one);
    one.on("error", () => other.destroy()).on("close", () => (sockets.delete(one), other.destroy()));
  }
  near.pipe(far).pipe(near);
});

/** Sends a request with header names and repetitions as given. */
function send(port, { method = "GET", path = "/orders/7?x=1", headers = [], body } = {}) {
  return new Promise((done, failed) => {
    const all = ["Host", `localhost:${port}`, ...headers.flat()];
    if (body !== undefined) all.push("Content-Length", String(Buffer.byteLength(body)));
    const request = http.request({ host: "127.0.0.1", port, method, path, headers: all, agent: false }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      done({ status: response.statusCode, headers: response.headers, text });
    });
    request.on("error", failed);
    request.end(body);
  });
}

/** Returns the configuration in docs/proxies.md, with the ports of this run. */
function documented(language, ports) {
  const found = page.match(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms"));
  assert.ok(found, `docs/proxies.md has no ${language}`);
  const filled = found[1]
    .replaceAll("menjin:8000", `127.0.0.1:${ports.gateway}`)
    .replaceAll("orders:9000", `127.0.0.1:${ports.service}`)
    .replace("listen 8080;", `listen 127.0.0.1:${ports.proxy};`)
    .replace(/^:8080 \{/m, `http://localhost:${ports.proxy} {`);
  assert.ok(!/menjin:8000|orders:9000|\b8080\b/.test(filled), filled);
  return filled;
}

async function start(name, command, args, port, env = {}) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let output = "";
  child.on("error", (error) => (output += error.message));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  children.push(child);
  for (let i = 0; i < 200 && child.exitCode === null; i += 1) {
    const open = await new Promise((done) => {
      const socket = net.connect(port, "127.0.0.1", () => (socket.destroy(), done(true)));
      socket.on("error", () => done(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`${name} did not start: ${output}`);
}

async function nginx(ports) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${work}/${kind};`);
  const text = `daemon off; worker_processes 1; pid ${work}/nginx.pid; error_log stderr warn; events {}
http { access_log off; ${temporary.join(" ")} ${documented("nginx", ports)} }`;
  writeFileSync(join(work, "nginx.conf"), text);
  await start("nginx", "nginx", ["-p", work, "-e", "stderr", "-c", join(work, "nginx.conf")], ports.proxy);
}

async function caddy(ports) {
  writeFileSync(join(work, "Caddyfile"), `{\n\tadmin off\n}\n${documented("caddyfile", ports)}`);
  const folders = { XDG_CONFIG_HOME: work, XDG_DATA_HOME: work, HOME: work };
  const args = ["run", "--config", join(work, "Caddyfile"), "--adapter", "caddyfile"];
  await start("Caddy", "caddy", args, ports.proxy, folders);
}

/** Returns the values of a header that the service received, with hyphens or underscores in its name. */
const headerValues = (echo, name) =>
  echo.headers.filter(([key]) => key.toLowerCase().replaceAll("_", "-") === name).map(([, value]) => value);

function assertIdentity(response, user) {
  assert.equal(response.status, 200, response.text);
  const echo = JSON.parse(response.text);
  assert.deepEqual(headerValues(echo, "x-user-id"), [user.id]);
  assert.equal(headerValues(echo, "x-session-id").length, 1);
  assert.equal(headerValues(echo, "x-user-roles").join(""), "");
  const [token, ...more] = headerValues(echo, "x-upstream-token");
  assert.deepEqual(more, []);
  const [head, claims] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  assert.equal(JSON.parse(head).typ, "upstream+jwt");
  assert.equal(JSON.parse(claims).sub, user.id);
  assert.deepEqual(headerValues(echo, "authorization"), [], "the proxy does not forward the access token");
  return echo;
}

async function check(name, port, user) {
  const authorization = ["Authorization", `Bearer ${user.token}`];
  const spellings = IDENTITY.flatMap((header) => [
    header,
    header.toUpperCase(),
    header.replaceAll("-", "_"),
    header.replace("-", "_"),
    header.replace(/-(?=[^-]*$)/, "_"),
  ]);
  const forged = spellings.flatMap((header) => [[header, "admin"], [header, "admin,root"]]);

  assertIdentity(await send(port, { headers: [authorization] }), user);
  const posted = assertIdentity(await send(port, { method: "POST", headers: [authorization], body: "a=1" }), user);
  assert.deepEqual([posted.method, posted.url, posted.body], ["POST", "/orders/7?x=1", "a=1"]);

  const all = await send(port, { headers: [...forged, authorization] });
  assertIdentity(all, user);
  assert.ok(!all.text.includes("admin"), all.text);
  for (const [header, value] of forged) {
    const response = await send(port, { headers: [authorization, [header, value]] });
    assertIdentity(response, user);
    assert.ok(!response.text.includes("admin"), `${header}: ${response.text}`);
  }
  // Some proxies drop headers that `Connection` names. The service then receives no value, and never a forged one.
  for (const header of IDENTITY) {
    const response = await send(port, { headers: [authorization, [header, "admin"], ["Connection", `close, ${header}`]] });
    assert.ok(!response.text.includes("admin"), response.text);
  }

  // The proxy removes the gateway's cookies and forwards the application's cookies.
  for (const [sent, left] of [
    ["a=1; b=2", ["a=1", "b=2"]],
    ["menjin_refresh=secret", []],
    ["__Host-menjin_refresh=secret; a=1", ["a=1"]],
    ["a=1; menjin_device=secret; b=2; __Host-menjin_refresh=secret", ["a=1", "b=2"]],
    ["menjin_refresh=secret; a=1;__Host-menjin_refresh=secret; menjin_device=secret; menjin_browser=secret; b=2", ["a=1", "b=2"]],
    ["mymenjin_refresh=1; a=menjin_refresh", ["mymenjin_refresh=1", "a=menjin_refresh"]],
  ]) {
    const echo = assertIdentity(await send(port, { headers: [authorization, ["Cookie", sent]] }), user);
    const cookies = headerValues(echo, "cookie").join("; ");
    assert.deepEqual(cookies.split(/; */).filter((cookie) => cookie !== ""), left, sent);
    assert.ok(!cookies.startsWith(";"), "a leading semicolon would confuse some parsers");
  }

  const before = received;
  for (const headers of [
    [],
    forged,
    [["Authorization", `Bearer ${user.token}x`]],
    [["Authorization", "Bearer nonsense"], ...forged],
    [["Authorization", user.token]],
    [["Cookie", `access_token=${user.token}`]],
  ]) {
    const response = await send(port, { headers });
    assert.equal(response.status, 401, `${JSON.stringify(headers)}: ${response.text}`);
    assert.match(response.headers["www-authenticate"] ?? "", /^Bearer/);
  }
  assert.equal(received, before, "no request without a valid token reaches the service");
  return `${name}: none of ${forged.length} forged headers reached the service`;
}

async function main() {
  const user = await registerUser(gateway);
  const ports = { service: await listen(service), gateway: await listen(relay) };
  const proxies = [];
  for (const [name, startProxy] of [["nginx", nginx], ["Caddy", caddy]]) {
    const proxy = await freePort();
    await startProxy({ ...ports, proxy });
    proxies.push([name, proxy]);
  }
  for (const [name, port] of proxies) console.log(await check(name, port, user));

  // Without the gateway, no request may pass.
  relay.close();
  for (const socket of sockets) socket.destroy();
  const before = received;
  for (const [name, port] of proxies) {
    const response = await send(port, { headers: [["Authorization", `Bearer ${user.token}`]] });
    assert.ok(response.status >= 500, `${name}: ${response.status}`);
  }
  assert.equal(received, before, "no request passes while the gateway is unavailable");
}

let code = 0;
try {
  await main();
} catch (error) {
  console.error(error);
  code = 1;
} finally {
  for (const child of children) child.kill("SIGTERM");
  await Promise.race([Promise.all(children.map((child) => child.exitCode ?? new Promise((done) => child.on("exit", done)))), sleep(5000)]);
  rmSync(work, { recursive: true, force: true });
}
process.exit(code);
