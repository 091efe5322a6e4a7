#!/usr/bin/env node
import { availableParallelism } from 'node:os';
import { BadSetting } from '../config/bad-setting.ts';
import { readConfig } from '../config/config.ts';
import { migrateStore } from '../compose/migration.ts';
import { openStores } from '../compose/store/stores.ts';
import { isTicketId } from '../secrets/ticket-secrets.ts';
import { StoreRefused } from '../store/refused.ts';
import { runConformance } from './conformance.ts';
import { runDemo } from './demo.ts';
import { onThreads } from './rebuild-threads.ts';
import { runRebuild } from './rebuild.ts';
import { timelineOf } from './timeline.ts';

const USAGE = `scangate <command>

  demo                   one sign-in in this terminal, on a gateway of its own
  migrate                sets up the Redis of SCANGATE_STORE, or brings it up to date
  rebuild [--threads n]  folds all tickets anew from the log, and compares; a thread for each processor
  timeline <ticket id>   a ticket's whole history, from the store of SCANGATE_STORE
  conformance --url …    holds a running gateway against the wire it promises (see its own usage)

Settings come from the environment, as the gateway's do.
`;

/** The most threads of a rebuild: Redis would be busy with less. */
const THREADS_MAX = 16;

/** A wrong call: the usage, and status 2. */
class BadCall extends Error {
  override readonly name = 'BadCall';
}

async function run(command: string | undefined, rest: readonly string[]): Promise<void> {
  switch (command) {
    case 'demo':
      return await runDemo(write);
    case 'migrate':
      return await migrate();
    case 'rebuild':
      process.exitCode = await rebuild(threadsOf(rest));
      return;
    case 'conformance':
      process.exitCode = await runConformance(rest, write, (text) => process.stderr.write(text));
      return;
    case 'timeline':
      return await timeline(rest[0]);
    default:
      throw new BadCall(command === undefined ? 'no command' : `no command "${command}"`);
  }
}

async function timeline(ticketId: string | undefined): Promise<void> {
  if (ticketId === undefined || !isTicketId(ticketId)) throw new BadCall('timeline needs a ticket id');
  const opened = await openStores(readConfig(process.env, false));
  try {
    const lines = await timelineOf(opened.store, ticketId);
    if (lines.length === 0) throw new StoreRefused(`the log holds no ticket ${ticketId}`);
    write(`${lines.join('\n')}\n`);
  } finally {
    await opened.close();
  }
}

async function rebuild(threads: number): Promise<number> {
  const config = readConfig(process.env, false);
  const opened = await openStores(config);
  try {
    const divides = config.storeKind === 'redis' && threads > 1;
    const rebuildAll = divides ? onThreads(threads, opened.rebuildAll) : opened.rebuildAll;
    return await runRebuild(rebuildAll, write, () => performance.now());
  } finally {
    await opened.close();
  }
}

function threadsOf(args: readonly string[]): number {
  if (args.length === 0) return Math.min(availableParallelism(), THREADS_MAX);
  const threads = Number(args[1]);
  if (args[0] !== '--threads' || args.length !== 2) throw new BadCall('rebuild takes --threads and a number');
  if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX)
    throw new BadCall(`--threads takes a number from 1 to ${THREADS_MAX}`);
  return threads;
}

async function migrate(): Promise<void> {
  for (const line of await migrateStore(readConfig(process.env, false).SCANGATE_STORE)) write(`${line}\n`);
}

function write(text: string): void {
  process.stdout.write(text);
}

function fail(error: unknown): void {
  process.exitCode = error instanceof BadCall ? 2 : 1;
  if (error instanceof BadCall) process.stderr.write(`scangate: ${error.message}\n\n${USAGE}`);
  else if (error instanceof BadSetting || error instanceof StoreRefused)
    process.stderr.write(`scangate: ${error.message}\n`);
  else process.stderr.write(`scangate: ${(error as Error).stack ?? String(error)}\n`);
}

const [command, ...rest] = process.argv.slice(2);
const asksForHelp = [command, ...rest].some((argument) => argument === '--help' || argument === '-h');
if (asksForHelp && command !== 'conformance') write(USAGE);
else run(command, rest).catch(fail);
