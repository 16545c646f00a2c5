import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    gateway: string;
    site: string;
  }
}

/**
 * Starts a gateway with a data folder of its own, builds the client and serves it as a web server would, with its strict
 * Content-Security-Policy. `MENJIN` names the program of the gateway; without it, `cargo run` builds it.
 * `GATEWAY_LOG=1` shows what the gateway logs.
 */
export default async function servers(project: TestProject): Promise<() => Promise<void>> {
  const [gatewayPort, sitePort] = [await freePort(), await freePort()];
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  const site = `http://localhost:${sitePort}`;
  const folder = mkdtempSync(join(tmpdir(), 'menjin-e2e-'));
  const running = startGateway(gatewayPort, site, folder);

  process.env['GATEWAY'] = gateway;
  process.env['PORT'] = String(sitePort);
  const root = new URL('..', import.meta.url).pathname;
  await build({ root, logLevel: 'warn' });
  const server = await preview({ root, logLevel: 'warn' });
  await ready(gateway, running);

  project.provide('gateway', gateway);
  project.provide('site', site);
  return async () => {
    await server.close();
    running.kill();
    await new Promise((resolve) => running.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  };
}

function startGateway(port: number, site: string, folder: string): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !/^(MENJIN_|DATABASE_URL$|REDIS_URL$)/.test(name));
  const env = {
    ...Object.fromEntries(own),
    MENJIN_HTTP_LISTEN: `127.0.0.1:${port}`,
    MENJIN_DATA_FOLDER: folder,
    MENJIN_SOCIAL_CALLBACK_URL: `${site}/callback/{provider}`,
    MENJIN_ACCOUNTS_RESET_URL: `${site}/reset`,
    // Tokens that end after seconds: every story lives through refreshes.
    MENJIN_TOKENS_ACCESS_LIFETIME: '8s',
    MENJIN_TOKENS_LEEWAY: '1s',
    // Machines that test have more to do than to answer.
    MENJIN_DATABASE_DEADLINE: '10s',
    MENJIN_LIMITS_SEND_INTERVAL: '3s',
    // All browsers of a run have one address.
    MENJIN_LIMITS_SEND_NETWORK: '1000/1h',
    MENJIN_LIMITS_REGISTER: '1000/1h',
    MENJIN_LIMITS_REDEEM: '1000/1h',
    MENJIN_LIMITS_AVAILABILITY: '1000/1m',
    MENJIN_LIMITS_DELIVERY_STATUS: '1000/1m',
    MENJIN_LIMITS_REFRESH: '1000/1m',
  };
  const program = process.env['MENJIN'];
  const [command, args] =
    program === undefined
      ? ['cargo', ['run', '--locked', '--quiet', '--manifest-path', '../../Cargo.toml', '--', 'serve']]
      : [program, ['serve']];
  return spawn(command, args, { env, stdio: ['ignore', 'ignore', process.env['GATEWAY_LOG'] === undefined ? 'ignore' : 'inherit'] });
}

async function ready(gateway: string, running: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (running.exitCode !== null) throw new Error(`the gateway ended with ${running.exitCode}`);
    const response = await fetch(`${gateway}/health/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('the gateway did not become ready');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
