import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from '../conformance/exchange.ts';
import { NotPlayed } from './not-played.ts';
import type { Process, Processes } from './processes.ts';

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

/** One gateway, a process of its own. */
export interface Node {
  readonly url: string;
  readonly pid: number;
  kill(): Promise<void>;
  /** A new process in place of one that was killed; resolves once it is ready. */
  restart(): Promise<void>;
}

/** Starts a gateway with these settings and no others, and waits until it is ready. */
export async function startNode(
  processes: Processes,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<Node> {
  const url = `http://localhost:${port}`;
  const launch = async (): Promise<Process> => {
    const child = processes.start(process.execPath, [MAIN], {
      ...settings,
      PORT: String(port),
      SCANGATE_ADMIN_LISTEN: 'off',
      SCANGATE_LIMITS: 'off',
      SCANGATE_LOG_LEVEL: 'error',
      SCANGATE_PHONE_IDENTITY: 'demo',
    });
    await untilReady(url, child);
    return child;
  };
  let child = await launch();
  return {
    url,
    get pid() {
      return child.pid;
    },
    kill: () => child.kill(),
    restart: async () => {
      child = await launch();
    },
  };
}

async function untilReady(url: string, child: Process): Promise<void> {
  const end = performance.now() + READY_WITHIN_MS;
  while (performance.now() < end) {
    const answer = await exchange(`${url}/readyz`).catch(() => undefined);
    if (!child.isRunning()) break;
    if (answer?.status === 200) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new NotPlayed(`a gateway did not become ready: ${child.lastWords()}`);
}
