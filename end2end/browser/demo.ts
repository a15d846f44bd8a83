// Starts `khanut demo` on a free port for the run, and stops that process, and no other, at its end.
// KHANUT_TEST_URL set from outside: tests run against that demo instead.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const here = import.meta.dirname;
const cache = process.env.KHANUT_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'khanut');
const program = process.env.KHANUT_TEST_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? join(cache, 'target'), 'debug/khanut');
const results = resolve(here, '../results');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    if (child.exitCode !== null) throw new Error(`khanut demo ended with status ${child.exitCode}: see end2end/results/demo.log`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((later) => setTimeout(later, 250));
  }
  throw new Error('khanut demo was not ready within a minute: see end2end/results/demo.log');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const hung = setTimeout(() => child.kill('SIGKILL'), 25_000);
  await ended;
  clearTimeout(hung);
}

/** A demo of its own, and how to stop it; `named`: reached as `localhost`, and not by a number. */
export async function start(log: string, named = false): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const url = `http://${named ? 'localhost' : '127.0.0.1'}:${port}`;
  const child = spawn(program, ['demo'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      KHANUT_SITE_DIR: resolve(here, '../../target/site'),
      ...process.env,
      KHANUT_LISTEN: `127.0.0.1:${port}`,
      ...(named ? { KHANUT_PUBLIC_URL: url } : {}),
    },
  });
  const file = createWriteStream(join(results, log));
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  try {
    await ready(url, child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { url, stop: () => stop(child) };
}

export default async function demo(): Promise<(() => Promise<void>) | undefined> {
  rmSync(results, { recursive: true, force: true });
  mkdirSync(join(results, 'screens'), { recursive: true });
  if (process.env.KHANUT_TEST_URL) return undefined;
  if (!existsSync(program)) throw new Error(`${program} is missing: run the browser tests by \`make test\``);
  const own = await start('demo.log');
  process.env.KHANUT_TEST_URL = own.url;
  return own.stop;
}
