/** What a QR code, a link or a keyboard gave: a code that a browser shows, or one that a device shows. */
export type ScannedCode =
  | { readonly kind: 'scan_code'; readonly code: string }
  | { readonly kind: 'user_code'; readonly code: string };

const SCAN_CODE = /^[A-Za-z0-9_.-]{20,500}$/;
const TYPED = /^[\s\p{Pd}]*(?:\p{L}[\s\p{Pd}]*){8}$/u;
// No URL class: mini programs have none, and that of React Native reads little.
const ADDRESS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: ':80', https: ':443' };

/**
 * Reads what was scanned, opened or typed: `https://<gateway>/s/<scan code>`, `https://<gateway>/device?user_code=…`, a link
 * of the app's own with either in its parameter `url`, or the eight letters of a user code. Undefined for anything else, the
 * codes of another gateway among it: an app scans only for its own.
 */
export function readScanned(text: string, gateway: string): ScannedCode | undefined {
  const trimmed = text.replace(/^\s+|\s+$/g, '');
  const address = ADDRESS.exec(trimmed);
  if (!address) return TYPED.test(trimmed) ? { kind: 'user_code', code: trimmed } : undefined;
  const own = ADDRESS.exec(gateway);
  if (originOf(address) === originOf(own)) return readAddress(address, own);
  const carried = /^https?$/i.test(address[1] ?? '') ? undefined : parameter(address[4] ?? '', 'url');
  const inner = carried === undefined ? null : ADDRESS.exec(carried);
  return inner && originOf(inner) === originOf(own) ? readAddress(inner, own) : undefined;
}

/** Reads an address of the gateway's origin, whose own address may have a path. */
function readAddress(address: RegExpExecArray, own: RegExpExecArray | null): ScannedCode | undefined {
  const base = (own?.[3] ?? '').replace(/\/+$/, '');
  const path = address[3] ?? '';
  if (path.slice(0, base.length) !== base) return undefined;
  return readPath(path.slice(base.length), address[4] ?? '');
}

function readPath(path: string, query: string): ScannedCode | undefined {
  const code = /^\/s\/([^/]+)$/.exec(path)?.[1];
  if (code !== undefined) return SCAN_CODE.test(code) ? { kind: 'scan_code', code } : undefined;
  const typed = /^\/device\/?$/.test(path) ? parameter(query, 'user_code') : undefined;
  return typed !== undefined && TYPED.test(typed) ? { kind: 'user_code', code: typed } : undefined;
}

function originOf(address: RegExpExecArray | null): string | undefined {
  if (!address) return undefined;
  const scheme = (address[1] ?? '').toLowerCase();
  const host = (address[2] ?? '').toLowerCase();
  const port = DEFAULT_PORTS[scheme] ?? '';
  const end = host.length - port.length;
  return scheme + '://' + (port !== '' && host.slice(end) === port ? host.slice(0, end) : host);
}

function parameter(query: string, name: string): string | undefined {
  for (const pair of query.split('&')) {
    if (pair.slice(0, name.length + 1) !== name + '=') continue;
    try {
      return decodeURIComponent(pair.slice(name.length + 1).replace(/\+/g, ' '));
    } catch {
      return undefined;
    }
  }
  return undefined;
}
