// Starts nginx and Caddy before a service that echoes what it gets, and looks at what gets through. Called by
// interop-proxies.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { person } from "./lib/person.js";

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

/** The service: answers with what it got, headers as they were spelled. */
let reached = 0;
const service = http.createServer(async (request, response) => {
  reached += 1;
  let body = "";
  for await (const chunk of request) body += chunk;
  const { method, url, rawHeaders } = request;
  const headers = [];
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i], rawHeaders[i + 1]]);
  response.end(JSON.stringify({ method, url, headers, body }));
});

/** A line to the gateway that can be cut. */
const lines = new Set();
const line = net.createServer((near) => {
  const far = net.connect(Number(gateway.port || 80), gateway.hostname);
  for (const [one, other] of [[near, far], [far, near]]) {
    lines.add(one);
    one.on("error", () => other.destroy()).on("close", () => (lines.delete(one), other.destroy()));
  }
  near.pipe(far).pipe(near);
});

/** One request, header names and repetitions as given. */
function ask(port, { method = "GET", path = "/orders/7?x=1", headers = [], body } = {}) {
  return new Promise((done, failed) => {
    const all = ["Host", `localhost:${port}`, ...headers.flat()];
    if (body !== undefined) all.push("Content-Length", String(Buffer.byteLength(body)));
    const request = http.request({ host: "127.0.0.1", port, method, path, headers: all, agent: false }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += chunk;
      done({ status: answer.statusCode, headers: answer.headers, text });
    });
    request.on("error", failed);
    request.end(body);
  });
}

/** The text of docs/proxies.md in one language, with addresses of this machine in it. */
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
  let said = "";
  child.on("error", (error) => (said += error.message));
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  children.push(child);
  for (let i = 0; i < 200 && child.exitCode === null; i += 1) {
    const open = await new Promise((done) => {
      const socket = net.connect(port, "127.0.0.1", () => (socket.destroy(), done(true)));
      socket.on("error", () => done(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`${name} did not start: ${said}`);
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

/** What the service was told under a name, spelled with hyphens or underscores. */
const told = (echo, name) =>
  echo.headers.filter(([key]) => key.toLowerCase().replaceAll("_", "-") === name).map(([, value]) => value);

function identity(answer, who) {
  assert.equal(answer.status, 200, answer.text);
  const echo = JSON.parse(answer.text);
  assert.deepEqual(told(echo, "x-user-id"), [who.id]);
  assert.equal(told(echo, "x-session-id").length, 1);
  assert.equal(told(echo, "x-user-roles").join(""), "");
  const [token, ...more] = told(echo, "x-upstream-token");
  assert.deepEqual(more, []);
  const [head, claims] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  assert.equal(JSON.parse(head).typ, "upstream+jwt");
  assert.equal(JSON.parse(claims).sub, who.id);
  assert.deepEqual(told(echo, "authorization"), [], "the access token stays at the proxy");
  return echo;
}

async function check(name, port, who) {
  const good = ["Authorization", `Bearer ${who.token}`];
  const spellings = IDENTITY.flatMap((header) => [
    header,
    header.toUpperCase(),
    header.replaceAll("-", "_"),
    header.replace("-", "_"),
    header.replace(/-(?=[^-]*$)/, "_"),
  ]);
  const lies = spellings.flatMap((header) => [[header, "admin"], [header, "admin,root"]]);

  identity(await ask(port, { headers: [good] }), who);
  const posted = identity(await ask(port, { method: "POST", headers: [good], body: "a=1" }), who);
  assert.deepEqual([posted.method, posted.url, posted.body], ["POST", "/orders/7?x=1", "a=1"]);

  const lied = await ask(port, { headers: [...lies, good] });
  identity(lied, who);
  assert.ok(!lied.text.includes("admin"), lied.text);
  for (const [header, value] of lies) {
    const answer = await ask(port, { headers: [good, [header, value]] });
    identity(answer, who);
    assert.ok(!answer.text.includes("admin"), `${header}: ${answer.text}`);
  }
  // To call a header one of this connection makes some proxies drop it: then nobody is told, and nobody else.
  for (const header of IDENTITY) {
    const answer = await ask(port, { headers: [good, [header, "admin"], ["Connection", `close, ${header}`]] });
    assert.ok(!answer.text.includes("admin"), answer.text);
  }

  // The cookies of the gateway stay at the proxy, those of the application go on.
  for (const [sent, left] of [
    ["a=1; b=2", ["a=1", "b=2"]],
    ["menjin_refresh=secret", []],
    ["__Host-menjin_refresh=secret; a=1", ["a=1"]],
    ["a=1; menjin_device=secret; b=2; __Host-menjin_refresh=secret", ["a=1", "b=2"]],
    ["menjin_refresh=secret; a=1;__Host-menjin_refresh=secret; menjin_device=secret; menjin_browser=secret; b=2", ["a=1", "b=2"]],
    ["mymenjin_refresh=1; a=menjin_refresh", ["mymenjin_refresh=1", "a=menjin_refresh"]],
  ]) {
    const echo = identity(await ask(port, { headers: [good, ["Cookie", sent]] }), who);
    const cookies = told(echo, "cookie").join("; ");
    assert.deepEqual(cookies.split(/; */).filter((cookie) => cookie !== ""), left, sent);
    assert.ok(!cookies.startsWith(";"), "some parsers give up there");
  }

  const before = reached;
  for (const headers of [
    [],
    lies,
    [["Authorization", `Bearer ${who.token}x`]],
    [["Authorization", "Bearer nonsense"], ...lies],
    [["Authorization", who.token]],
    [["Cookie", `access_token=${who.token}`]],
  ]) {
    const answer = await ask(port, { headers });
    assert.equal(answer.status, 401, `${JSON.stringify(headers)}: ${answer.text}`);
    assert.match(answer.headers["www-authenticate"] ?? "", /^Bearer/);
  }
  assert.equal(reached, before, "nobody without a token reaches the service");
  return `${name}: ${lies.length} lies told, none believed`;
}

async function main() {
  const who = await person(gateway);
  const ports = { service: await listen(service), gateway: await listen(line) };
  const proxies = [];
  for (const [name, begin] of [["nginx", nginx], ["Caddy", caddy]]) {
    const proxy = await freePort();
    await begin({ ...ports, proxy });
    proxies.push([name, proxy]);
  }
  for (const [name, port] of proxies) console.log(await check(name, port, who));

  // The gateway is gone: nobody may pass.
  line.close();
  for (const socket of lines) socket.destroy();
  const before = reached;
  for (const [name, port] of proxies) {
    const answer = await ask(port, { headers: [["Authorization", `Bearer ${who.token}`]] });
    assert.ok(answer.status >= 500, `${name}: ${answer.status}`);
  }
  assert.equal(reached, before, "nobody passes while the gateway is away");
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
