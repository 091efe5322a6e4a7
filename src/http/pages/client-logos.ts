import type { Client } from '../../oauth/clients/client.ts';
import type { CallOutward } from '../../outward/outward.ts';
import type { Time } from '../../time/time.ts';
import { staticFile } from '../answer/static-files.ts';
import type { StaticFile } from '../answer/static-files.ts';

/** The clients' logos. The gateway asks for them, so that no visitor is seen by whoever serves one. */
export interface ClientLogos {
  /** A client's logo; undefined where it has none, or none that may be shown. */
  find(client: Client): Promise<StaticFile | undefined>;
}

export interface ClientLogosOptions {
  readonly time: Time;
  readonly call: CallOutward;
}

const BYTES_MAX = 131_072;
const FRESH_MS = 3_600_000;
const REST_MS = 300_000;
/** Most logos that are kept. */
const LOGOS_MAX = 200;

interface Kept {
  readonly at: number;
  readonly file: Promise<StaticFile | undefined>;
  readonly failed: { value: boolean };
}

/** Fetches logos as they are asked for and keeps them for an hour; one that cannot be had is tried again after 5 minutes. */
export function clientLogos({ time, call }: ClientLogosOptions): ClientLogos {
  const kept = new Map<string, Kept>();

  function fetchOnce(address: string): Promise<StaticFile | undefined> {
    const failed = { value: false };
    const file = fetchLogo(address, call).catch(() => {
      failed.value = true;
      return undefined;
    });
    kept.delete(address);
    kept.set(address, { at: time.now(), file, failed });
    const [oldest] = kept.keys();
    if (kept.size > LOGOS_MAX && oldest !== undefined) kept.delete(oldest);
    return file;
  }

  return {
    find({ logo_uri: address }) {
      if (address === undefined) return Promise.resolve(undefined);
      const known = kept.get(address);
      const lifeMs = known?.failed.value === true ? REST_MS : FRESH_MS;
      return known !== undefined && time.now() - known.at < lifeMs ? known.file : fetchOnce(address);
    },
  };
}

async function fetchLogo(address: string, call: CallOutward): Promise<StaticFile> {
  const headers = { accept: 'image/png, image/jpeg, image/webp, image/gif' };
  const { status, body } = await call(address, { headers, bytesMax: BYTES_MAX });
  if (status < 200 || status > 299) throw new Error(`status ${status}`);
  const bytes = Buffer.from(body);
  const type = typeOf(bytes);
  if (type === undefined) throw new Error('the logo is of no type that is shown');
  return staticFile(type, bytes);
}

/** By the file's own first bytes. SVG may hold scripts, and is not among them. */
function typeOf(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(head)) return 'image/gif';
  return /^RIFF[^]{4}WEBP/.test(head) ? 'image/webp' : undefined;
}
