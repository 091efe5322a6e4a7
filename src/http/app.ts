import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { Express, NextFunction, Request, Response } from 'express';
import { ScangateError } from '../ticket/error.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import { preflightHeaders } from './caller/cors.ts';
import type { Origins } from './caller/origins.ts';
import type { Dispatcher } from './dispatch.ts';
import { MethodNotAllowed } from './answer/method-not-allowed.ts';
import { styleAt } from './answer/error-style.ts';
import type { Method, Route } from './request/route.ts';
import type { Header } from './answer/security-headers.ts';
import { send } from './answer/send.ts';

export interface AppParts {
  readonly routes: readonly Route[];
  readonly dispatcher: Dispatcher;
  readonly origins: Origins;
  readonly security: readonly Header[];
  /** Looks at every request before any route does. @throws ScangateError */
  readonly admit: (req: IncomingMessage) => void;
  readonly accessLog: AccessLog;
  /** Makes the id by which a request's log lines belong together. */
  readonly makeRequestId: (req: IncomingMessage) => string;
}

/** The routes of one path, by method. */
type PathRoutes = Partial<Record<Method, Route>>;

/** Makes the Express application of a route table. */
export function makeApp(parts: AppParts): Express {
  const { dispatcher, accessLog } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  const paths = byPath(parts.routes);
  const answer = (path: string, routes: PathRoutes, req: Request, res: Response): void => {
    const route = routeFor(routes, req.method);
    if (route === undefined) otherMethod(parts, path, routes, req, res);
    else dispatcher.run(route, req.params, req, res);
  };
  app.use((req, res, next) => {
    const mark = accessLog.mark(res, parts.makeRequestId(req), req.method);
    parts.admit(req);
    // Express tries one path after the other: those without parameters are found at once.
    const path = pathOf(req.url);
    const routes = paths.get(path);
    accessLog.within(mark, routes === undefined ? next : () => answer(path, routes, req, res));
  });
  for (const [path, routes] of paths) app.all(path, (req, res) => answer(path, routes, req, res));
  app.use((req: Request, res: Response) => {
    dispatcher.refuse(new ScangateError('not_found'), styleAt(req.url), req, res);
  });
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    dispatcher.refuse(error, styleAt(req.url), req, res);
  });
  return app;
}

function pathOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}

function byPath(routes: readonly Route[]): Map<string, PathRoutes> {
  const paths = new Map<string, PathRoutes>();
  for (const route of routes) {
    const known = paths.get(route.path) ?? {};
    if (known[route.method] !== undefined) throw new Error(`two routes: ${route.method} ${route.path}`);
    known[route.method] = route;
    paths.set(route.path, known);
  }
  return paths;
}

function routeFor(routes: PathRoutes, method: string): Route | undefined {
  const name = method === 'HEAD' ? 'get' : method.toLowerCase();
  return Object.hasOwn(routes, name) ? routes[name as Method] : undefined;
}

function otherMethod(
  { dispatcher, origins, security }: AppParts,
  path: string,
  routes: PathRoutes,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const methods = Object.keys(routes).map((name) => name.toUpperCase());
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (req.method !== 'OPTIONS') {
    const error = new MethodNotAllowed(req.method ?? '', allowed);
    dispatcher.refuse(error, styleAt(path), req, res, [['Allow', allowed]]);
    return;
  }
  const open = Object.values(routes).some((route) => route.crossOrigin === true);
  const cors = open ? preflightHeaders(req.headers, origins, methods) : {};
  send(res, { status: 204, headers: { Allow: allowed, ...cors } }, [security], false);
}
