import { approvalRoutes } from './routes/approval.ts';
import type { ApprovalRoutesOptions } from './routes/approval.ts';
import { assetRoutes } from './routes/assets.ts';
import { decisionRoutes } from './routes/decisions.ts';
import type { DecisionRoutesOptions } from './routes/decisions.ts';
import { demoCallbackRoutes } from './routes/demo-callback.ts';
import type { DemoCallbackOptions } from './routes/demo-callback.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import type { Readiness } from './routes/health.ts';
import { qrCodeRoutes } from './routes/qr-codes.ts';
import type { QrCodeRoutesOptions } from './routes/qr-codes.ts';
import { scanRoutes } from './routes/scans.ts';
import type { ScanRoutesOptions } from './routes/scans.ts';
import { signInRoutes } from './routes/sign-in.ts';
import type { SignInRoutesOptions } from './routes/sign-in.ts';
import { ticketRoutes } from './routes/tickets.ts';
import type { TicketRoutesOptions } from './routes/tickets.ts';
import { watchRoutes } from './routes/watches.ts';
import type { WatchRoutesOptions } from './routes/watches.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Route } from './request/route.ts';
import type { StaticFile } from './answer/static-files.ts';

/** What all routes together are made of. */
export interface RouteTableOptions
  extends
    TicketRoutesOptions,
    QrCodeRoutesOptions,
    WatchRoutesOptions,
    ScanRoutesOptions,
    DecisionRoutesOptions,
    SignInRoutesOptions,
    ApprovalRoutesOptions,
    DemoCallbackOptions {
  readonly presenter: TicketRoutesOptions['presenter'];
  readonly readiness: () => Readiness;
  readonly metrics: Metrics;
  readonly assets: ReadonlyMap<string, StaticFile>;
  /** The committed `openapi.yaml`. */
  readonly openapiFile: string;
  /** The rows of other rooms: OAuth and sessions. */
  readonly more: readonly Route[];
}

/** Every address of the gateway, in the order of `openapi.yaml`. */
export function routeTable(options: RouteTableOptions): readonly Route[] {
  return [
    ...ticketRoutes(options),
    ...watchRoutes(options),
    ...qrCodeRoutes(options),
    ...scanRoutes(options),
    ...decisionRoutes(options),
    ...options.more,
    ...healthRoutes(options.readiness, options.metrics),
    ...docsRoutes(options.openapiFile),
    ...signInRoutes(options),
    ...approvalRoutes(options),
    ...(options.demo ? demoCallbackRoutes(options) : []),
    ...assetRoutes(options.assets),
  ];
}
