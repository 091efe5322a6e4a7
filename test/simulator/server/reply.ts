/** `+OK` and the like. */
export interface Status {
  readonly status: string;
}

/** `-ERR …` as one reply among others. */
export interface ErrorReply {
  readonly error: string;
}

/** What a server answers, as RESP2 has it. Texts are bytes: one character each, 0 to 255. */
export type Reply = string | number | null | Status | ErrorReply | readonly Reply[];

export const OK: Status = { status: 'OK' };

/** What a command throws to be answered with an error. */
export class RedisError extends Error {}

export function isError(reply: Reply): reply is ErrorReply {
  return reply !== null && typeof reply === 'object' && 'error' in reply;
}

export function isStatus(reply: Reply): reply is Status {
  return reply !== null && typeof reply === 'object' && 'status' in reply;
}

export function isList(reply: Reply): reply is readonly Reply[] {
  return Array.isArray(reply);
}
