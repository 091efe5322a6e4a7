import type { IncomingMessage, ServerResponse } from 'node:http';
import { ScangateError } from '../ticket/error.ts';
import { markHeld, markOf } from '../telemetry/access-log.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { suspicionOf } from '../telemetry/security-event.ts';
import type { ReportSecurity } from '../telemetry/security-event.ts';
import { readBody } from './request/body.ts';
import type { Answer } from './answer/answer.ts';
import { belowBase } from './answer/base-path.ts';
import { styleFor } from './answer/error-style.ts';
import type { ErrorStyle } from './answer/error-style.ts';
import { fromOf } from './caller/client-address.ts';
import type { ClientAddress } from './caller/client-address.ts';
import { answerHeaders } from './caller/cors.ts';
import type { Origins } from './caller/origins.ts';
import { isOpened } from './caller/request-site.ts';
import type { Limits } from './limits/limits.ts';
import { noteAnswered, noteConcerned } from './request/concerned.ts';
import { readLink, readParameters } from './request/parameters.ts';
import { ParsedRequest, fitting, headerName } from './request/parsed-request.ts';
import { isDefect, refusalOf } from './answer/refusal.ts';
import type { RefusalPage } from './answer/refusal.ts';
import type { Route } from './request/route.ts';
import type { Header } from './answer/security-headers.ts';
import { send } from './answer/send.ts';

/** What carries a request to its route and the answer back. */
export interface DispatchParts {
  readonly addressOf: (req: IncomingMessage) => ClientAddress;
  readonly origins: Origins;
  readonly limits: Limits;
  /** What a limit counts a phone's user by; undefined where its credential is not valid. It does not reject. */
  readonly userKey: (req: IncomingMessage, id: string) => Promise<string | undefined>;
  readonly security: readonly Header[];
  /** In front of what is led to: `belowBase`. */
  readonly basePath: string;
  readonly bodyBytes: number;
  /** Whether a client of this id is registered: others are not named in the log. */
  readonly isClient: (id: string) => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly report: ReportSecurity;
  readonly refusalPage: (req: IncomingMessage) => RefusalPage;
  /** Whether this node is going away, so that connections must not be kept. */
  readonly isDraining: () => boolean;
}

/** Brings requests to routes and says no in each route's own style. */
export class Dispatcher {
  readonly #parts: DispatchParts;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  /** Runs a route. It never throws: whatever goes wrong is answered. */
  run(
    route: Route,
    params: Readonly<Record<string, unknown>>,
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    const mark = markOf(res);
    if (mark !== undefined) {
      mark.route = route.path;
      mark.isProbe = route.isProbe === true;
    }
    const cors = route.crossOrigin === true ? answerHeaders(req.headers, this.#parts.origins) : NONE;
    this.#answer(route, params, req, res, cors).catch((error: unknown) => {
      this.refuse(error, route.errors ?? 'problem', req, res, cors);
    });
  }

  async #answer(
    route: Route,
    params: Readonly<Record<string, unknown>>,
    req: IncomingMessage,
    res: ServerResponse,
    cors: readonly Header[],
  ): Promise<void> {
    const address = this.#parts.addressOf(req);
    const mark = markOf(res);
    if (mark !== undefined) mark.from = fromOf(address);
    if (route.opened === true && !isOpened(req.headers))
      throw new ScangateError('invalid_request', { field: 'Sec-Fetch-Dest', message: 'Open it as a page.' });
    if (route.limit !== undefined) {
      const key = route.limitsUser === true ? await this.#parts.userKey(req, mark?.id ?? '-') : undefined;
      await this.#parts.limits.check(route.limit, req, res, key);
    }
    const request = await this.#parse(route, params, address, req, mark?.id ?? '-');
    if (mark !== undefined) noteConcerned(mark, request, this.#parts.isClient);
    if ('handle' in route) {
      const answer = await route.handle(request);
      if (mark !== undefined) noteAnswered(mark, answer);
      send(res, this.#below(answer), this.#headers(cors), req.method !== 'HEAD');
      return;
    }
    markHeld(res);
    for (const [name, value] of [...this.#parts.security, ...cors]) res.setHeader(name, value);
    // Not awaited: a frame that waits would keep the parsed request for as long as the connection is held.
    return route.hold(req, res, request) ?? undefined;
  }

  /** Answers an error, in this style unless the request wishes for another. Once a head is on its way, all that is left is to cut the connection. */
  refuse(
    error: unknown,
    style: ErrorStyle,
    req: IncomingMessage,
    res: ServerResponse,
    more: readonly Header[] = NONE,
  ): void {
    const { log, metrics, refusalPage } = this.#parts;
    const refusal = refusalOf(error, styleFor(style, req), refusalPage(req));
    metrics.problems.inc({ code: refusal.code });
    if (refusal.code === 'newer_schema') metrics.newerSchema.inc();
    this.#report(error, req);
    if (isDefect(refusal))
      log.error({ err: error, req: markOf(res)?.id, route: markOf(res)?.route }, 'defect');
    if (!res.headersSent) for (const name of res.getHeaderNames()) res.removeHeader(name);
    const unread = Number(req.headers['content-length'] ?? 0) > UNREAD_BYTES_MAX ? CLOSE : NONE;
    send(res, this.#below(refusal.answer), [...this.#headers(more), unread], req.method !== 'HEAD');
  }

  #report(error: unknown, req: IncomingMessage): void {
    const event = suspicionOf(error);
    if (event === undefined) return;
    this.#parts.report({ ...event, address: fromOf(this.#parts.addressOf(req)) });
  }

  #below(answer: Answer): Answer {
    return belowBase(this.#parts.basePath, answer);
  }

  /** The headers of every answer, then these. */
  #headers(more: readonly Header[]): (readonly Header[])[] {
    return [this.#parts.security, more, this.#parts.isDraining() ? CLOSE : NONE];
  }

  async #parse(
    route: Route,
    params: Readonly<Record<string, unknown>>,
    address: ClientAddress,
    req: IncomingMessage,
    id: string,
  ): Promise<ParsedRequest> {
    const { operation } = route;
    const known = operation.params === undefined ? undefined : operation.params.safeParse(params);
    if (known?.success === false) throw new ScangateError('not_found');
    const url = req.url ?? '';
    const at = url.indexOf('?');
    const text = at < 0 ? '' : url.slice(at + 1);
    const asked =
      route.link === true ? readLink(text, Object.keys(operation.query?.shape ?? {})) : readParameters(text);
    const query = fitting(operation.query, asked, 'query');
    const headers = fitting(operation.headers, req.headers, 'headers', headerName);
    const { body } = operation;
    const given =
      body === undefined
        ? undefined
        : fitting(body.schema, await readBody(req, body, this.#parts.bodyBytes), 'body');
    return new ParsedRequest(req, id, address, { params: known?.data, query, headers, body: given });
  }
}

const NONE: readonly Header[] = [];
const CLOSE: readonly Header[] = [['Connection', 'close']];

/** A refused body up to this size is read to its end and dropped, so that the answer arrives; a larger one is cut. */
const UNREAD_BYTES_MAX = 1_048_576;
