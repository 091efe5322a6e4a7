import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { Browser } from 'playwright-core';
import { freePort, startChild, untilPrinted } from '../support/child.ts';
import type { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { demoPhone } from '../support/signin.ts';
import { until } from '../support/until.ts';
import type { Place } from './place.ts';
import type { Row } from './row.ts';

const APPS = fileURLToPath(new URL('apps/', import.meta.url));
const PHONE_ISSUER = 'https://app.example.com';
/** What a sign-in that nobody scans takes to expire, once {@link Stage.shorten} was called. */
const SHORT_LIFE = { ticket_life: 'PT2S', ticket_life_max: 'PT10S' };

/** The id that every program is registered under. */
export const CLIENT_ID = 'app';
/** The secret of those that have one. */
export const CLIENT_SECRET = 'a-secret-of-32-characters-or-more';

/** What all rows of a run share. */
export interface Run {
  /** Chromium, started when it is asked for first. */
  browser(): Promise<Browser>;
  /** Whether sign-ins that are denied, cancelled or expired happen in Chromium too, or by plain HTTP where the program has no script. */
  readonly endsInChromium: boolean;
}

/** A gateway as the README starts it, with one client registered, and all that a program needs to be tried against it. */
export interface Stage extends Run {
  readonly gateway: Gateway;
  readonly place: Place;
  /** A folder of this run. */
  readonly folder: string;
  /** Where the program is served, `http://localhost:<port>`. */
  readonly here: string;
  readonly port: number;
  /** The headers that a person's phone proves itself by. */
  phone(name: string): Promise<Readonly<Record<string, string>>>;
  /** Lays a file of `apps` beside the row's packages; its path there. */
  copy(app: string): string;
  /** Starts a program in the row's folder, told where all is by its environment. */
  run(command: string, args: readonly string[], options?: StartOptions): Promise<Child>;
  /** Starts a file of `apps` beside the row's packages with this command, and waits for what it prints when it is ready. */
  start(command: string, app: string, options?: StartOptions): Promise<Child>;
  /** From now on sign-ins that nobody scans expire after 2 s: the operator gives the client a policy. */
  shorten(): Promise<void>;
  /** Called in the end, the last first. */
  defer(end: () => Promise<unknown>): void;
}

/** How an app is started. */
export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it prints when it is ready; `listening` by default for one of `apps`. */
  readonly ready?: RegExp;
}

/** Sets a stage for a row, hands it to `play`, and clears it. */
export async function withStage<T>(
  row: Row,
  place: Place,
  run: Run,
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const ends: (() => Promise<unknown>)[] = [];
  const folder = await temporaryFolder();
  ends.push(folder.remove);
  try {
    return await play(await stageOf(row, place, run, folder.path, ends));
  } finally {
    for (const end of ends.toReversed()) await end().catch(() => {});
  }
}

async function stageOf(
  row: Row,
  place: Place,
  shared: Run,
  folder: string,
  ends: (() => Promise<unknown>)[],
): Promise<Stage> {
  const port = await freePort();
  const here = `http://localhost:${port}`;
  const clients = join(folder, 'clients.json');
  const client = { client_id: CLIENT_ID, ...row.registers?.(here) };
  writeFileSync(clients, JSON.stringify([client]));
  const phones = row.phones === 'jwt' ? await jwtPhones(folder) : demoPhones;
  const gateway = await startGateway({
    env: { SCANGATE_LIMITS: undefined, SCANGATE_CLIENTS_FILE: clients, ...phones.env },
  });
  ends.push(() => gateway.stop());

  async function run(
    command: string,
    args: readonly string[],
    { env = {}, ready = /^/ }: StartOptions = {},
  ): Promise<Child> {
    const surroundings = { GATEWAY: gateway.url, HERE: here, PORT: String(port), CLIENT_ID, CLIENT_SECRET };
    const child = startChild(command, args, {
      cwd: place.folder,
      env: { ...process.env, ...place.env, ...surroundings, ...env },
    });
    ends.push(() => child.stop(2000));
    await untilPrinted(child, ready);
    return child;
  }

  return {
    gateway,
    place,
    folder,
    here,
    port,
    ...shared,
    phone: phones.headers,
    copy: (app) => copyApp(app, place.folder),
    defer: (end) => void ends.push(end),
    run,
    start(command, app, { args = [], ready = /listening/, ...options } = {}) {
      const surroundings = `web${extname(app)}`;
      if (existsSync(join(APPS, surroundings))) copyApp(surroundings, place.folder);
      return run(command, [...args, copyApp(app, place.folder)], { ready, ...options });
    },
    async shorten() {
      const { scangate } = client as { readonly scangate?: Readonly<Record<string, unknown>> };
      const reads = (): number => gateway.output().stdout.split('clients read again').length;
      const before = reads();
      writeFileSync(clients, JSON.stringify([{ ...client, scangate: { ...scangate, ...SHORT_LIFE } }]));
      await until(() => reads() > before, { what: 'a look at the changed clients' });
    },
  };
}

function copyApp(app: string, folder: string): string {
  const path = join(folder, basename(app));
  copyFileSync(join(APPS, app), path);
  return path;
}

interface Phones {
  readonly env: Readonly<Record<string, string>>;
  readonly headers: (name: string) => Promise<Readonly<Record<string, string>>>;
}

const demoPhones: Phones = { env: {}, headers: (name) => Promise.resolve(demoPhone(name)) };

/** An operator's own app, which knows its users' mail addresses. */
async function jwtPhones(folder: string): Promise<Phones> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const file = join(folder, 'phone-keys.json');
  const key = { ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'app' };
  writeFileSync(file, JSON.stringify({ keys: [key] }));
  return {
    env: {
      SCANGATE_PHONE_IDENTITY: 'jwt',
      SCANGATE_PHONE_JWT_ISSUER: PHONE_ISSUER,
      SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
      SCANGATE_PHONE_JWT_JWKS: file,
    },
    async headers(name) {
      const claims = { name, email: `${name}@example.com`, email_verified: true };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'app' })
        .setIssuer(PHONE_ISSUER)
        .setAudience('scangate')
        .setSubject(name)
        .setExpirationTime('5m')
        .sign(privateKey);
      return { authorization: `Bearer ${token}` };
    },
  };
}
