import { createHash } from 'node:crypto';
import type { Ledger } from '../../store/ledger.ts';
import type { KnownBrowser, User } from '../../ticket/events.ts';
import { isAsking } from '../../ticket/ticket.ts';
import type { Ticket } from '../../ticket/ticket.ts';
import { hostCookie, setCookie } from '../caller/credentials.ts';
import { userDigest } from '../caller/user-digest.ts';

export interface KnownBrowsersParts {
  readonly ledger: Ledger;
  /** The public address without a trailing slash. */
  readonly issuer: string;
  /** How long a browser is known after its last sign-in, in milliseconds. */
  readonly lifeMs: number;
  /** Makes 128 random bits in base64url. */
  readonly makeId: () => string;
}

/** A browser that mints, and the line that gives it its cookie, or keeps it. */
export interface MetBrowser {
  readonly known: KnownBrowser;
  readonly cookie: string;
}

/**
 * The browsers of the gateway's own pages, and who signed in in them. The ledger may lose that in a failover: such a browser is
 * a new one.
 */
export interface KnownBrowsers {
  /** @throws StoreUnavailable */
  meet(request: { cookie(name: string): string | undefined }): Promise<MetBrowser>;
  /** The key of the browser that asks; undefined where it has none yet. */
  keyOf(request: { cookie(name: string): string | undefined }): string | undefined;
  /** Remembers who a ticket signed in in its browser, once nothing is asked of that any more. */
  note(ticket: Ticket): Promise<void>;
  /**
   * The same where the ticket alone says so: a browser that waits for a decision on its own device is its user's only once the
   * decision came back to it.
   */
  noteWaiting(ticket: Ticket): Promise<void>;
}

const COOKIE = 'scangate_browser';
const ID = /^[A-Za-z0-9_-]{22}$/;
const USERS_MAX = 4;
/** 96 bits tell a browser's users apart. */
const KEY_LENGTH = 16;

/** By what a known browser knows a user. */
export function userKeyOf(user: User): string {
  return userDigest(user).slice(0, KEY_LENGTH);
}

export function knownBrowsers({ ledger, issuer, lifeMs, makeId }: KnownBrowsersParts): KnownBrowsers {
  const { name, secure } = hostCookie(COOKIE, issuer);
  // Lax: whoever comes by a redirect from a client is still the same browser.
  const scope = { path: '/', secure, sameSite: 'Lax', maxAge: Math.floor(lifeMs / 1000) } as const;
  async function note(ticket: Ticket): Promise<void> {
    const { minted, scanned, status } = ticket;
    if (minted.known_browser === undefined || scanned === undefined) return;
    if (status !== 'confirmed' || isAsking(ticket)) return;
    const set = setOf(minted.known_browser.key);
    // The sign-in stands, whether the browser is known next time or not.
    await ledger.addMember(set, userKeyOf(scanned.user), lifeMs, USERS_MAX).catch(() => undefined);
  }

  return {
    async meet(request) {
      const given = request.cookie(name);
      const isOld = given !== undefined && ID.test(given);
      const id = isOld ? given : makeId();
      const key = keyOf(id);
      const users = isOld ? await ledger.members(setOf(key), USERS_MAX) : [];
      return { known: { key, users }, cookie: setCookie(name, id, scope) };
    },

    keyOf(request) {
      const given = request.cookie(name);
      return given !== undefined && ID.test(given) ? keyOf(given) : undefined;
    },

    note,

    async noteWaiting(ticket) {
      if (ticket.scanned?.same_device !== true) await note(ticket);
    },
  };
}

function keyOf(id: string): string {
  return createHash('sha256').update(`browser ${id}`).digest('base64url').slice(0, 22);
}

function setOf(key: string): string {
  return `browser-users:${key}`;
}
