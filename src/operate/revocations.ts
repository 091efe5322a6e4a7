import type { IncomingMessage, ServerResponse } from 'node:http';
import { StoreUnavailable } from '../store/event-store.ts';
import { ScangateError } from '../ticket/error.ts';
import { RefusedRequest } from './refused-request.ts';
import { jsonOf } from './request-body.ts';

/**
 * Ends what a body selects, and tells as it goes on.
 *
 * @throws {@link RefusedRequest} where the body is none, before anything was told.
 */
export type RunRevocation = (asked: unknown, tell: (value: object) => void) => Promise<void>;

/** Where the page ends sessions. */
export const PAGE_REVOCATIONS_PATH = '/page/revocations';

/** Where `scangate revoke` reaches a gateway whose store is its own. */
export const REVOCATIONS_PATH = '/v1/revocations';

/** Where `scangate forget` reaches a gateway whose store is its own. */
export const FORGETTINGS_PATH = '/v1/forgettings';

/**
 * Answers a request to revoke, or to forget, by a line of JSON for each thing that there is to tell: `{"selected"}`, `{"progress"}`, at the
 * end `{"report"}` or `{"error"}`. It goes on where the caller leaves: the same again does no harm.
 */
export async function answerRevocation(
  run: RunRevocation,
  readAsked: () => Promise<unknown>,
  res: ServerResponse,
): Promise<void> {
  const tell = (value: object): void => {
    if (!res.headersSent)
      res.writeHead(200, { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' });
    if (!res.destroyed) res.write(`${JSON.stringify(value)}\n`);
  };
  try {
    await run(await readAsked(), tell);
  } catch (error) {
    const isRefused = error instanceof RefusedRequest;
    if (isRefused && !res.headersSent) res.writeHead(error.status, { 'Content-Type': 'application/json' });
    tell({ error: isRefused ? error.message : `${whyOf(error)}: the same again does what is left` });
  }
  res.end();
}

function whyOf(error: unknown): string {
  return isStoreAway(error) ? 'the store is away' : 'the gateway failed, its log says why';
}

/** Whether something failed for the store alone. */
export function isStoreAway(error: unknown): boolean {
  if (error instanceof ScangateError) return error.code === 'store_unavailable';
  return error instanceof StoreUnavailable;
}

/**
 * The JSON that a program sends. A page of another site that a browser on this machine shows can send a form here, and no JSON;
 * nor can it hide where it is from.
 *
 * @throws {@link RefusedRequest}
 */
export async function askedByProgram(req: IncomingMessage): Promise<unknown> {
  if (req.headers.origin !== undefined || req.headers['content-type'] !== 'application/json')
    throw new RefusedRequest(415, 'a program sends application/json here, and no page');
  return await jsonOf(req);
}
