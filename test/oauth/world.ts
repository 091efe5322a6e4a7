import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { sessionCommands } from '../../src/command/session-commands.ts';
import type { SessionCommands } from '../../src/command/session-commands.ts';
import { ticketCommands } from '../../src/command/ticket-commands.ts';
import type { TicketCommands } from '../../src/command/ticket-commands.ts';
import type { Client } from '../../src/oauth/clients/client.ts';
import { readClients } from '../../src/oauth/clients/client-file.ts';
import { demoClient } from '../../src/oauth/clients/demo-client.ts';
import type { TokenRequest } from '../../src/oauth/grants/grant.ts';
import { oauthServer } from '../../src/oauth/server.ts';
import type { OAuthServer, OAuthServerOptions } from '../../src/oauth/server.ts';
import { subjectRule } from '../../src/oauth/tokens/subject.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { signingKeys } from '../../src/secrets/signing-keys.ts';
import type { SigningKeys } from '../../src/secrets/signing-keys.ts';
import { TicketSecrets } from '../../src/secrets/ticket-secrets.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import { openFileStore } from '../../src/store/file/open.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import type { LivingSubjects } from '../../src/store/living.ts';
import type { MintedData, User } from '../../src/ticket/events.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { temporaryFolder } from '../support/folder.ts';

export const ISSUER = 'http://localhost:8080';
export const alice: User = { source: 'demo', issuer: 'demo', subject: 'alice', name: 'Alice' };
export const VERIFIER = 'v'.repeat(43);
export const CALLBACK = `${ISSUER}/demo/callback`;

export const s256 = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

const LIVES = {
  ticket_ms: 120_000,
  decision_ms: 90_000,
  max_ms: 180_000,
  code_ms: 60_000,
  qr_period_ms: 30_000,
} as const;

/** What a ticket is minted with beside the usual; undefined leaves something out. */
export type Minting = { readonly [K in keyof MintedData]?: MintedData[K] | undefined };

/** An authorization server on a real store, whose clock the test moves. */
export interface World {
  readonly server: OAuthServer;
  readonly tickets: TicketCommands;
  readonly sessions: SessionCommands;
  readonly store: EventStore;
  readonly ledger: Ledger;
  readonly living: LivingSubjects;
  readonly secrets: TicketSecrets;
  readonly keys: SigningKeys;
  readonly clients: Map<string, Client>;
  /** The ids of the ring's keys, the making one first. */
  readonly keyIds: readonly string[];
  /** Another node on the same store. */
  node(more?: Partial<OAuthServerOptions>): OAuthServer;
  pass(ms: number): void;
  now(): number;
  register(row: Record<string, unknown>): Client;
  /** A ticket that waits for its scan. */
  mint(more?: Minting): Promise<string>;
  /** Scans and confirms. */
  approve(ticketId: string, user?: User): Promise<void>;
  /** Mints, scans and confirms; the code. */
  code(more?: Minting, user?: User): Promise<string>;
  close(): Promise<void>;
}

/** Makes a world. */
export async function makeWorld(
  more: Partial<OAuthServerOptions> = {},
  ringSecrets: readonly string[] = [randomBytes(32).toString('base64url')],
): Promise<World> {
  const folder = await temporaryFolder();
  let clock = Date.UTC(2030, 0, 1);
  const now = (): number => clock;
  const { store, ledger, living } = await openFileStore({
    folder: folder.path,
    settings: { historyMs: 600_000, lifeMaxMs: 3_600_000, callTimeoutMs: 5000 },
    time: { ...systemTime, wallNow: now },
    newId: randomUUID,
  });
  const makeNonce = (): string => BigInt(`0x${randomBytes(8).toString('hex')}`).toString();
  const common = { store, makeNonce, tries: 60 } as const;
  const tickets = ticketCommands(common);
  const sessions = sessionCommands({ ...common, replayWindowMs: 10_000 });
  const ring = new KeyRing(ringSecrets);
  const keys = signingKeys(ring);
  const secrets = new TicketSecrets(ring);
  const demo = demoClient(ISSUER);
  const clients = new Map<string, Client>([[demo.client_id, demo]]);

  const node = (extra: Partial<OAuthServerOptions> = {}): OAuthServer =>
    oauthServer({
      idempotencyLifeMs: 600_000,
      issuer: ISSUER,
      hasDocs: true,
      clients: { find: (id) => clients.get(id), learn: () => Promise.resolve(), isClientOrigin: () => false },
      tickets,
      sessions,
      ledger,
      ring,
      secrets,
      keys,
      languages: ['en'],
      filledClaims: ['name', 'picture', 'locale', 'email', 'email_verified'],
      subjectOf: subjectRule(['demo'], undefined),
      isActive: () => Promise.resolve(true),
      knowsAuthTime: true,
      remoteKeys: () => () => Promise.reject(new Error('no remote keys here')),
      pause: () => Promise.resolve(),
      now,
      replayWindowMs: 10_000,
      accessLifeMs: 600_000,
      sessionLifeMs: 86_400_000,
      lives: { ...LIVES, device_ms: 600_000 },
      makeTicketId,
      deviceIntervalMs: 5000,
      userCodeTries: 10,
      userCodeBudget: 1000,
      userCodeWindowMs: 600_000,
      countsAddresses: true,
      ...more,
      ...extra,
    });

  function makeTicketId(): string {
    return randomBytes(16).toString('base64url');
  }

  async function mint(extra: Minting = {}): Promise<string> {
    const ticketId = makeTicketId();
    await tickets.mint(ticketId, {
      client_id: 'demo',
      grant: 'authorization_code',
      binding: 'bearer',
      key_id: ring.makingId,
      redirect_uri: CALLBACK,
      scope: ['openid', 'profile'],
      code_challenge: s256(VERIFIER),
      browser: { ip: '127.0.0.1', agent: 'test' },
      lives: {
        ticket_ms: 120_000,
        decision_ms: 90_000,
        max_ms: 180_000,
        code_ms: 60_000,
        qr_period_ms: 30_000,
      },
      shows_scanner: true,
      number_match: false,
      ...extra,
    } as MintedData);
    return ticketId;
  }

  async function approve(ticketId: string, user: User = alice): Promise<void> {
    await tickets.run(ticketId, { type: 'scan', user, phone: { ip: '127.0.0.1', agent: 'phone' } }, () => {});
    await tickets.run(ticketId, { type: 'confirm', user }, () => {});
  }

  return {
    server: node(),
    tickets,
    sessions,
    store,
    ledger,
    living,
    secrets,
    keys,
    clients,
    keyIds: ring.ids,
    node,
    now,
    pass: (ms) => void (clock += ms),
    register(row) {
      const [client] = readClients(JSON.stringify([row]), true).clients;
      if (client === undefined) throw new Error('no client');
      clients.set(client.client_id, client);
      return client;
    },
    mint,
    approve,
    async code(extra, user) {
      const ticketId = await mint(extra);
      await approve(ticketId, user);
      const { ticket } = await tickets.look(ticketId, () => {});
      return secrets.code(ticketId, ticket.minted.key_id, ticket.confirmed?.id ?? '0-0');
    },
    async close() {
      await store.close();
      await folder.remove();
    },
  };
}

/** A request to redeem a code as the demo client; `undefined` leaves a parameter out. */
export function redeeming(
  code: string,
  form: Readonly<Record<string, string | undefined>> = {},
  more: Partial<TokenRequest> = {},
): TokenRequest {
  return {
    form: {
      grant_type: 'authorization_code',
      client_id: 'demo',
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      code,
      ...form,
    },
    authorization: undefined,
    idempotencyKey: undefined,
    ...more,
  };
}

/** The OAuth error code that a promise ends with; `none` where it succeeds. */
export async function errorOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (error instanceof Error && 'error' in error) return String(error.error);
    throw error;
  }
}
