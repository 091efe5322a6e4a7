import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { ErrorCode } from '../../ticket/error.ts';
import type { Answer } from '../answer/answer.ts';
import type { ErrorStyle } from '../answer/error-style.ts';
import type { LimitName } from '../limits/limits.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** How a caller proves who it is, as `openapi.yaml` names it. A route's own code checks it. */
export type Security =
  | 'browserCookie'
  | 'browserBearer'
  | 'phoneBearer'
  | 'phonePage'
  | 'clientBasic'
  | 'accessToken'
  | 'initialAccessToken'
  | 'registrationAccessToken'
  /** No header at all: a public client, or one that proves itself in the form. */
  | 'formAlone';

/** One answer of an operation, as `openapi.yaml` tells it. */
export interface AnswerSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** The media type; `application/json` where there is a schema. */
  readonly type?: string;
  /** Headers by name, each with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What may be sent in a request's body. Of a form every member is a text, given once; a text is handed on as it came. */
export type BodySpec<B extends z.ZodType = z.ZodType> = {
  readonly schema: B;
  /** The largest body, in bytes; absent: what the settings say. */
  readonly bytesMax?: number;
} & (
  | { readonly type: 'json' | 'form' }
  | { readonly type: 'text'; readonly mediaTypes: readonly [string, ...string[]] }
);

/** A route's entry in `openapi.yaml`, and the shapes that a request is held against before the route sees it. */
export interface Operation<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  H extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
> {
  /** The operation id, in camel case. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Any one of these will do; absent: none is needed. */
  readonly security?: readonly Security[];
  /** The path's parameters. One that does not fit makes the path unknown: 404. */
  readonly params?: P;
  /** Unknown parameters are ignored; one given twice is a 400, known or not, except for a {@link RouteHead.link}. */
  readonly query?: Q;
  /** Headers by their lower-case names. */
  readonly headers?: H;
  readonly body?: BodySpec<B>;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Refusals beside those that follow from the shapes (400, 404, 413, 415) and the limit (429). */
  readonly refusals?: readonly ErrorCode[];
}

/** A request as a route sees it: parsed, bounded, and without the socket. */
export interface RouteRequest<P = unknown, Q = unknown, H = unknown, B = unknown> {
  /** By which its lines in the log belong together. */
  readonly id: string;
  readonly params: P;
  readonly query: Q;
  /** The headers that the operation names. */
  readonly headers: H;
  readonly body: B;
  /** The method in capitals. A HEAD runs its GET route; the edge leaves the body out. */
  readonly method: string;
  /** The client's address behind trusted proxies. */
  readonly ip: string;
  /** What is counted against that address, as `ClientAddress` has it; undefined where nothing can be. */
  readonly counted: string | undefined;
  /** `User-Agent`, at most 512 characters; empty without one. */
  readonly agent: string;
  /** All headers as Node read them. */
  readonly raw: IncomingHttpHeaders;
  /** The value of `Authorization: Bearer`; undefined without one. */
  readonly bearer: string | undefined;
  /** A cookie's value; of several of one name the first, which a browser means for the longest path. */
  cookie(name: string): string | undefined;
}

interface RouteHead {
  readonly method: Method;
  /** As Express reads it: `/v1/tickets/:id`. */
  readonly path: string;
  /** By default `problem`. A request may wish for another: `answer/error-style.ts`. */
  readonly errors?: ErrorStyle;
  readonly limit?: LimitName;
  /** The limit counts the phone's user where its credential is valid, and the address only where it is not. */
  readonly limitsUser?: boolean;
  /** A browser gets here only by opening it as a page of its own: not as an image, in a frame, or ahead of time. */
  readonly opened?: boolean;
  /** People open it by links to which apps add what they like: what is unknown, repeated or garbled there is ignored. */
  readonly link?: boolean;
  /**
   * May be called from a page of a registered client's origin (never with credentials): preflights are answered, and
   * `Access-Control-Allow-Origin` names such an origin. Whether it is the right client's is the route's to check.
   */
  readonly crossOrigin?: boolean;
  /** Someone looks at the process itself, again and again: its line in the log is one for `debug`. */
  readonly isProbe?: boolean;
  /** Not part of the API: left out of `openapi.yaml`. */
  readonly hidden?: boolean;
}

/** A route that answers at once. It throws `ScangateError` or `OAuthError`; anything else is a defect and a 500. */
export interface AnsweringRoute extends RouteHead {
  readonly operation: Operation;
  handle(request: RouteRequest): Answer | Promise<Answer>;
}

/**
 * A route that holds its connection (SSE, long-poll). Until the headers are sent it may throw like any other and the
 * edge answers; afterwards the response is its own. Security and CORS headers are set already.
 */
export interface HoldingRoute extends RouteHead {
  readonly operation: Operation;
  hold(req: IncomingMessage, res: ServerResponse, request: RouteRequest): void | Promise<void>;
}

/** One row of the route table: data and a function, and with that its entry in `openapi.yaml`. */
export type Route = AnsweringRoute | HoldingRoute;

type Typed<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType> = {
  readonly operation: Operation<P, Q, H, B>;
};
type Request<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
> = RouteRequest<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>;
type Nothing = z.ZodObject<Readonly<Record<string, never>>>;

/** Makes an answering route whose handler sees what its own shapes parsed. */
export function route<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  H extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  row: RouteHead &
    Typed<P, Q, H, B> & {
      readonly handle: (request: Request<P, Q, H, B>) => Answer | Promise<Answer>;
    },
): AnsweringRoute {
  return row;
}

/** Makes a holding route, typed like {@link route}. */
export function holdingRoute<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  H extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  row: RouteHead &
    Typed<P, Q, H, B> & {
      readonly hold: (
        req: IncomingMessage,
        res: ServerResponse,
        request: Request<P, Q, H, B>,
      ) => void | Promise<void>;
    },
): HoldingRoute {
  return row;
}
