import { PNG } from 'pngjs';
import { encodeQR } from 'qr';
import type { TicketCommands } from '../../command/ticket-commands.ts';
import type { TicketView } from '../../command/ticket-view.ts';
import { ScangateError } from '../../ticket/error.ts';
import type { ErrorCode } from '../../ticket/error.ts';
import type { TicketStatus } from '../../ticket/ticket.ts';
import type { BrowserGate } from '../caller/browser-gate.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { ticketParams } from '../request/schemas.ts';
import type { TicketPresenter } from '../tickets/presenter.ts';

export interface QrCodeRouteParts {
  readonly commands: TicketCommands;
  readonly gate: BrowserGate;
  readonly presenter: TicketPresenter;
}

const BORDER_MODULES = 4;
const PNG_MODULE_PIXELS = 8;

/** The QR code of a text as SVG, black on white with its quiet zone (ISO/IEC 18004 §9.1). */
export function qrSvg(text: string): string {
  const svg = encodeQR(text, 'svg', { ecc: 'medium', border: BORDER_MODULES });
  // Without a ground of its own the code is black on black on a dark page.
  return svg.replace('<path', '<rect width="100%" height="100%" fill="#fff"/><path');
}

/** The same as PNG, 8 pixels a module. */
export function qrPng(text: string): Buffer {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: BORDER_MODULES });
  const size = rows.length * PNG_MODULE_PIXELS;
  const image = new PNG({ width: size, height: size, colorType: 0, inputColorType: 0, inputHasAlpha: false });
  const data = Buffer.alloc(size * size, 0xff);
  rows.forEach((row, y) => {
    row.forEach((dark, x) => {
      if (!dark) return;
      for (let line = 0; line < PNG_MODULE_PIXELS; line += 1) {
        const start = (y * PNG_MODULE_PIXELS + line) * size + x * PNG_MODULE_PIXELS;
        data.fill(0, start, start + PNG_MODULE_PIXELS);
      }
    });
  });
  image.data = data;
  return PNG.sync.write(image, { colorType: 0, inputColorType: 0, inputHasAlpha: false });
}

/** `GET /v1/tickets/{id}/qr.svg`. */
export function qrSvgRoute(parts: QrCodeRouteParts): Route {
  return qrCodeRoute(parts, { id: 'getQrSvg', format: 'svg', type: 'image/svg+xml', draw: qrSvg });
}

/** `GET /v1/tickets/{id}/qr.png`. */
export function qrPngRoute(parts: QrCodeRouteParts): Route {
  return qrCodeRoute(parts, { id: 'getQrPng', format: 'png', type: 'image/png', draw: qrPng });
}

interface Format {
  readonly id: string;
  readonly format: 'svg' | 'png';
  readonly type: string;
  readonly draw: (text: string) => string | Buffer;
}

function qrCodeRoute({ commands, gate, presenter }: QrCodeRouteParts, kind: Format): Route {
  const { id, format, type, draw } = kind;
  return route({
    method: 'get',
    path: `/v1/tickets/:id/qr.${format}`,
    crossOrigin: true,
    operation: {
      id,
      summary: `The QR code of now, as ${format.toUpperCase()}`,
      tags: ['browser'],
      security: ['browserCookie', 'browserBearer'],
      params: ticketParams,
      answers: { 200: { description: 'Ask again after `scan.rotates_in_ms`.', type } },
      refusals: [
        'not_found',
        'already_scanned',
        'already_confirmed',
        'already_denied',
        'already_cancelled',
        'already_redeemed',
        'expired',
        'store_unavailable',
        'not_replicated',
        'newer_schema',
      ],
    },
    handle: async (request) => {
      const claim = gate.claim(request.params.id, request.raw);
      const view = await commands.look(request.params.id, gate.guard(claim));
      onlyPending(view);
      return { status: 200, type, body: draw(presenter.scanUrl(view)) };
    },
  });
}

const PAST: Readonly<Record<Exclude<TicketStatus, 'pending'>, ErrorCode>> = {
  scanned: 'already_scanned',
  confirmed: 'already_confirmed',
  denied: 'already_denied',
  cancelled: 'already_cancelled',
  redeemed: 'already_redeemed',
  expired: 'expired',
};

function onlyPending({ ticket: { status } }: TicketView): void {
  if (status !== 'pending') throw new ScangateError(PAST[status], { ticketStatus: status });
}
