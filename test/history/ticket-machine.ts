import { versionOfCursor } from './history.ts';
import type { Status, TicketCall } from './history.ts';

/** A ticket at one instant. */
export interface TicketState {
  readonly status: Status;
  /** How many events it has. */
  readonly version: number;
  /** The last event, once somebody was told of it. */
  readonly cursor: string | undefined;
  readonly scanner: string | undefined;
  readonly redeemer: string | undefined;
}

export const NO_TICKET: TicketState = {
  status: 'absent',
  version: 0,
  cursor: undefined,
  scanner: undefined,
  redeemer: undefined,
};

const MOVES_BY_ITSELF: ReadonlySet<Status> = new Set(['pending', 'scanned', 'confirmed']);

/** What a ticket becomes when its time is over; undefined where nothing can. */
export function expired(state: TicketState): TicketState | undefined {
  return MOVES_BY_ITSELF.has(state.status) ? moved(state, { status: 'expired' }) : undefined;
}

/**
 * What a call makes of a ticket if it happens now, whatever its client heard: another state, or the same one where
 * the command changes nothing. The rules are written here once more, apart from the ones that are judged.
 */
export function happen(state: TicketState, { command, actor }: TicketCall): TicketState {
  switch (command) {
    case 'mint':
      return state.status === 'absent' && state.version === 0 ? moved(state, { status: 'pending' }) : state;
    case 'scan':
      return state.status === 'pending' ? moved(state, { status: 'scanned', scanner: actor }) : state;
    case 'confirm':
      return isDecidable(state, actor) ? moved(state, { status: 'confirmed' }) : state;
    case 'deny':
      return isDecidable(state, actor) ? moved(state, { status: 'denied' }) : state;
    case 'cancel':
      return state.status === 'pending' || state.status === 'scanned'
        ? moved(state, { status: 'cancelled' })
        : state;
    case 'redeem':
      return state.status === 'confirmed' ? moved(state, { status: 'redeemed', redeemer: actor }) : state;
    case 'read':
      return state;
  }
}

/**
 * What a call that was answered so makes of a ticket; undefined where no ticket in this state gives that answer.
 *
 * @param mayLoseMints whether a ticket of which only the mint is known may be gone.
 */
export function answer(state: TicketState, call: TicketCall, mayLoseMints: boolean): TicketState | undefined {
  const { outcome } = call;
  if (outcome.kind === 'unknown') return happen(state, call);
  if (outcome.status === 'absent') {
    const isGone = state.status === 'absent' || (mayLoseMints && state.status === 'pending');
    return isGone ? state : undefined;
  }
  const after = happen(state, call);
  if (outcome.kind === 'refused')
    return after === state && after.status === outcome.status && !isOwn(state, call) ? state : undefined;
  const hasWon = after !== state || isOwn(state, call);
  if (!hasWon || after.status !== outcome.status) return undefined;
  return told(after, outcome.cursor);
}

/** Whether the state is what this very command of this very actor had led to: then it is answered once more. */
function isOwn({ status, scanner, redeemer }: TicketState, { command, actor }: TicketCall): boolean {
  switch (command) {
    case 'mint':
      return status === 'pending';
    case 'scan':
      return (status === 'scanned' || status === 'confirmed') && scanner === actor;
    case 'confirm':
      return (status === 'confirmed' || status === 'redeemed') && scanner === actor;
    case 'deny':
      return status === 'denied' && scanner === actor;
    case 'cancel':
      return status === 'cancelled';
    case 'redeem':
      return status === 'redeemed' && redeemer === actor;
    case 'read':
      return status !== 'absent';
  }
}

/** The state as it was told, by the name of its last event: the same version, and no other nonce than before. */
function told(state: TicketState, cursor: string | undefined): TicketState | undefined {
  if (cursor === undefined || cursor === state.cursor) return state;
  if (state.cursor !== undefined || versionOfCursor(cursor) !== state.version) return undefined;
  return { ...state, cursor };
}

function isDecidable({ status, scanner }: TicketState, actor: string): boolean {
  return status === 'scanned' && scanner === actor;
}

function moved(state: TicketState, to: Partial<TicketState>): TicketState {
  return { ...state, ...to, version: state.version + 1, cursor: undefined };
}
