import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, property } from 'fast-check';
import { decideSession } from '../../src/session/decide.ts';
import type { SessionCommand } from '../../src/session/decide.ts';
import type { OpenedData, SessionEvent } from '../../src/session/events.ts';
import { sessionLifeOf } from '../../src/session/life.ts';
import { sessionNotice } from '../../src/session/notice.ts';
import { evolveSession } from '../../src/session/session.ts';
import type { Session } from '../../src/session/session.ts';
import { cursorOf } from '../../src/ticket/cursor.ts';
import { RUN, SEED } from '../ticket/arbitrary.ts';

const OPENED: OpenedData = {
  ticket_id: '#ticket',
  confirmed_id: '3-33',
  key_id: '#key',
  client_id: '#client',
  user: { source: '#source', issuer: '#issuer', subject: '#subject', name: '#name', picture: '#picture' },
  scope: ['#scope'],
  nonce: '#nonce',
  auth_time: 1_700_000_000,
  browser: { ip: '#ip', agent: '#agent' },
  life_ms: 86_400_000,
};
const opened: SessionEvent = { type: 'opened', data: OPENED };
const refreshed: SessionEvent = { type: 'refreshed', data: { key_id: '#next' } };
const revoked: SessionEvent = { type: 'revoked', data: { reason: 'user' } };
const expired: SessionEvent = { type: 'expired', data: {} };

/** What these events add up to; the event of version `n` has the id `n-<n>`. */
function given(...events: readonly SessionEvent[]): Session | undefined {
  let session: Session | undefined;
  for (const [i, event] of events.entries()) {
    session = evolveSession(session, { ...event, id: cursorOf(i + 1, String(i + 1)) });
  }
  return session;
}

const refresh = (version: number, young = false, nonce = version): SessionCommand => ({
  type: 'refresh',
  generation: cursorOf(version, String(nonce)),
  keyId: '#next',
  young,
});
const COMMANDS: Record<string, SessionCommand> = {
  'refresh with the newest': refresh(2),
  'refresh with the one before': refresh(1),
  'refresh with the one before, at once': refresh(1, true),
  'refresh with another of its version': refresh(2, true, 99),
  'refresh with one of a lost past': refresh(9, true),
  revoke: { type: 'revoke', reason: 'user' },
  expire: { type: 'expire' },
};

const STATES: Record<string, SessionEvent[]> = {
  absent: [],
  active: [opened, refreshed],
  revoked: [opened, refreshed, revoked],
  'revoked before it was opened': [revoked, opened],
  expired: [opened, refreshed, expired],
};

const TABLE = `
                                     | absent       | active         | revoked | revoked before it was opened | expired
refresh with the newest              | =            | refreshed      | =       | =                            | =
refresh with the one before          | =            | revoked reuse  | =       | =                            | =
refresh with the one before, at once | =            | =              | =       | =                            | =
refresh with another of its version  | =            | revoked reuse  | =       | =                            | =
refresh with one of a lost past      | =            | refreshed      | =       | =                            | =
revoke                               | revoked user | revoked user   | =       | =                            | =
expire                               | =            | expired        | =       | =                            | =
`;

const ROWS = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const CELLS = ROWS.slice(1).flatMap(([command = '', ...cells]) =>
  cells.map((cell, i) => ({ command, state: ROWS[0]?.[i + 1] as string, cell })),
);

describe('A session decides', () => {
  test('every command in every state', () => {
    expect(ROWS.slice(1).map(([command]) => command)).toEqual(Object.keys(COMMANDS));
    expect(ROWS[0]?.slice(1)).toEqual(Object.keys(STATES));
  });

  test.each(CELLS)('$command, when $state: $cell', ({ command, state, cell }) => {
    const event = decideSession(given(...(STATES[state] ?? [])), COMMANDS[command] as SessionCommand);
    const reason = event?.type === 'revoked' ? ` ${event.data.reason}` : '';
    expect(event === undefined ? '=' : event.type + reason).toBe(cell);
  });
});

describe('A session is', () => {
  test('of the generation of its last refresh, and remembers the one before', () => {
    expect(given(opened)).toEqual({
      status: 'active',
      opened: { ...OPENED, id: '1-1' },
      generation: '1-1',
      key_id: '#key',
    });
    expect(given(opened, refreshed, refreshed)).toMatchObject({
      generation: '3-3',
      before: '2-2',
      key_id: '#next',
    });
  });

  test('where a refresh was lost, of the next one, and a repeat of that finds its answer', () => {
    const event = decideSession(given(opened, refreshed), refresh(9)) as SessionEvent;
    expect(event).toEqual({ type: 'refreshed', data: { key_id: '#next', from: '9-9' } });
    const after = given(opened, refreshed, event);
    expect(after).toMatchObject({ generation: '3-3', before: '9-9', lost: '9-9' });
    expect(decideSession(after, refresh(9, true))).toBeUndefined();
    expect(decideSession(after, refresh(3))).toMatchObject({ type: 'refreshed' });
    expect(decideSession(after, refresh(2, true))).toMatchObject({ type: 'revoked' });
    const reuse = { type: 'revoked', data: { reason: 'reuse' } };
    expect(decideSession(after, refresh(9))).toEqual(reuse);
    expect(decideSession(given(opened, refreshed, event, refreshed), refresh(9, true))).toEqual(reuse);
    expect(decideSession(given(opened, refreshed, event, refreshed), refresh(8, true))).toEqual(reuse);
  });

  test('revoked for good where its log begins so', () => {
    expect(given(revoked, opened, refreshed)?.status).toBe('revoked');
    expect(given(revoked, opened)?.opened).toBeUndefined();
  });

  test('nothing before it was opened', () => {
    expect(given(refreshed)).toBeUndefined();
    expect(given(expired, refreshed)).toBeUndefined();
  });

  test('not prolonged by a refresh', () => {
    expect(sessionLifeOf(opened)).toEqual({ ms: OPENED.life_ms });
    expect(sessionLifeOf(refreshed)).toEqual({ ms: 0, extend: true });
    for (const end of [revoked, expired]) expect(sessionLifeOf(end)).toEqual({ ms: 0 });
  });
});

describe(`The laws of a session (seed ${SEED})`, () => {
  const anyEvent = constantFrom(opened, refreshed, revoked, expired);
  const anyCommand = constantFrom(...Object.values(COMMANDS));

  test('final stays final, whatever is asked', () => {
    assert(
      property(array(anyCommand, { maxLength: 10 }), anyCommand, (commands, last) => {
        const events: SessionEvent[] = [opened];
        for (const command of commands) {
          const event = decideSession(given(...events), command);
          if (event !== undefined) events.push(event);
        }
        expect([0, events.length]).toContain(
          events.findIndex(({ type }) => type === 'revoked' || type === 'expired') + 1,
        );
        const session = given(...events);
        if (session?.status !== 'active') expect(decideSession(session, last)).toBeUndefined();
      }),
      RUN,
    );
  });

  test('evolve takes any events in any order', () => {
    assert(
      property(array(anyEvent, { maxLength: 10 }), (events) => {
        const session = given(...events);
        if (events.some(({ type }) => type === 'opened' || type === 'revoked')) expect(session).toBeDefined();
      }),
      RUN,
    );
  });

  test('a notice tells nothing of the log', () => {
    assert(
      property(array(anyEvent, { maxLength: 10 }), (events) => {
        const session = given(opened, ...events) as Session;
        const at = { sid: 'S', cursor: '9-9', expiresInMs: 5, reset: true, retryAfterMs: 7 } as const;
        const final = session.status !== 'active';
        expect(sessionNotice(session, at)).toEqual({
          sid: 'S',
          status: session.status,
          cursor: '9-9',
          expires_in_ms: final ? 0 : 5,
          reset: true,
          advice: { retry_after_ms: 7, final },
        });
      }),
      RUN,
    );
  });
});
