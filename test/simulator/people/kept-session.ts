import type { Cursor } from '../../../src/ticket/cursor.ts';
import { ScangateError } from '../../../src/ticket/error.ts';
import type { SessionCall } from '../../history/history.ts';
import type { SignIn } from '../schedule/schedule.ts';
import type { Device } from './device.ts';
import { short } from './device.ts';
import { NO_ANSWER } from './device-line.ts';
import type { Front } from './front.ts';

const ANSWER_MS = 4_000;

/** A session as its client has it: its id and the newest refresh token, named by the event that it was made from. */
interface Opened {
  readonly sid: string;
  readonly token: Cursor;
  /** When the redemption that opened it was asked for. */
  readonly invokedAt: number;
}

/** Refreshes a session as planned, looks at it once more, and perhaps revokes it. */
export async function keepSession(device: Device, opened: Opened, plan: SignIn): Promise<void> {
  const { sid } = opened;
  const { recorder } = device.options;
  let { token } = opened;
  const outcome = { kind: 'done', token } as const;
  const { invokedAt } = opened;
  recorder.sessionCalls.push({ session: sid, command: 'open', invokedAt, returnedAt: device.now, outcome });
  for (const ms of plan.refreshAfterMs) {
    await device.line.pause(ms);
    const next = await refresh(device, sid, token);
    if (next === undefined) return;
    token = next;
  }
  if (plan.revokes) await insist(device, sid, 'revoke', undefined, (front) => revoke(front, sid));
  await lookAtSession(device, sid);
}

/** Refreshes until it hears how that ended. @returns the next token; undefined where there is none. */
async function refresh(device: Device, sid: string, token: Cursor): Promise<Cursor | undefined> {
  const { outcome } = await insist(device, sid, 'refresh', token, async ({ sessions }) => {
    const view = await sessions.refresh(sid, { generation: token, keyId: 'k1' }, () => undefined);
    if (view?.session.status !== 'active') return { kind: 'refused' };
    return { kind: 'done', token: view.session.generation as Cursor };
  });
  return outcome.kind === 'done' ? (outcome.token as Cursor) : undefined;
}

async function revoke({ sessions }: Front, sid: string): Promise<SessionCall['outcome']> {
  await sessions.revoke(sid, 'user');
  return { kind: 'done' };
}

/** Asks whether a session goes on, until there is an answer. */
export function lookAtSession(device: Device, sid: string): Promise<SessionCall> {
  return insist(device, sid, 'read', undefined, async ({ sessions }) => {
    const [view] = await sessions.look([sid]);
    return { kind: view?.session.status === 'active' ? 'done' : 'refused' };
  });
}

async function insist(
  device: Device,
  session: string,
  command: SessionCall['command'],
  token: Cursor | undefined,
  work: (front: Front) => Promise<SessionCall['outcome']>,
): Promise<SessionCall> {
  const { recorder } = device.options;
  for (;;) {
    const invokedAt = device.now;
    const front = device.choose();
    recorder.tell(device.name, `asks ${front.gateway.process.name} to ${command} session ${short(session)}`);
    const came = await device.line.ask(front, ANSWER_MS, (at) => work(at).catch(unknownWhereAway));
    const outcome = came === NO_ANSWER ? ({ kind: 'unknown' } as const) : came;
    const returnedAt = came === NO_ANSWER ? Infinity : device.now;
    const call: SessionCall = {
      session,
      command,
      invokedAt,
      returnedAt,
      ...(token === undefined ? {} : { token }),
      outcome,
    };
    recorder.sessionCalls.push(call);
    recorder.tell(
      device.name,
      `${command} session ${short(session)}: ${outcome.kind} ${'token' in outcome ? outcome.token : ''}`,
    );
    if (outcome.kind !== 'unknown' || !device.hasTime) return call;
    if (command === 'refresh') recorder.count('refresh without an answer');
    device.turnAway();
    await device.rest();
  }
}

function unknownWhereAway(error: unknown): SessionCall['outcome'] {
  if (error instanceof ScangateError) return { kind: 'unknown' };
  throw error;
}
