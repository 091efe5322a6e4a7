#!/usr/bin/env node
import { BadSetting, readConfig } from '../config.ts';
import { migrateStore, openStores } from '../open-stores.ts';
import { isTicketId } from '../secrets/ticket-secrets.ts';
import { StoreRefused } from '../store/refused.ts';
import { runConformance } from './conformance.ts';
import { runDemo } from './demo.ts';
import { runRebuild } from './rebuild.ts';
import { timelineOf } from './timeline.ts';

const USAGE = `scangate <command>

  demo                   one sign-in in this terminal, on a gateway of its own
  migrate                sets up the Redis of SCANGATE_STORE, or brings it up to date
  rebuild                folds all tickets anew from the log, and compares
  timeline <ticket id>   a ticket's whole history, from the store of SCANGATE_STORE
  conformance --url …    holds a running gateway against the wire it promises (see its own usage)

Settings come from the environment, as the gateway's do.
`;

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
      process.exitCode = await rebuild();
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

async function rebuild(): Promise<number> {
  const opened = await openStores(readConfig(process.env, false));
  try {
    return await runRebuild(opened.rebuildAll, write, () => performance.now());
  } finally {
    await opened.close();
  }
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
run(command, rest).catch(fail);
