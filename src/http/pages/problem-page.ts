import type { IncomingMessage } from 'node:http';
import type { ClientRegistry } from '../../oauth/clients/client.ts';
import type { RefusalPage } from '../answer/refusal.ts';
import { readLink } from '../request/parameters.ts';
import { preferring } from './language.ts';
import type { Pages, Texts } from './pages.ts';

/** How refusals look as pages for this request: a sentence in the visitor's language, and a way back. */
export function problemPage(pages: Pages, clients: ClientRegistry, req: IncomingMessage): RefusalPage {
  return ({ status, code, detail, field }) => {
    const url = req.url ?? '';
    const asked = readLink(url.slice(url.indexOf('?') + 1), ['client_id', 'ui_locales']);
    const headers = preferring(asked['ui_locales'], req.headers);
    const texts = pages.texts(headers);
    const place = placeOf(url);
    const nothing = place !== 'code' && NOTHING.includes(status);
    const values = {
      title: nothing ? texts['t.problem_nothing_title'] : texts['t.problem_title'],
      sentence: nothing ? texts['t.problem_nothing'] : sentenceOf(code, place, texts),
      code: field === undefined ? code : `${code}: ${field}`,
      detail,
      ...wayBack(place, clients, asked['client_id'], texts),
    };
    return pages.show('problem', headers, values, status);
  };
}

/** What led to a page: an application, a code that was scanned or typed, or anything else. */
type Place = 'application' | 'code' | 'elsewhere';

function placeOf(url: string): Place {
  if (/^\/(oauth\/|plain\b)/.test(url)) return 'application';
  return /^\/(s\/|device\b|phone\/)/.test(url) ? 'code' : 'elsewhere';
}

const NOTHING: readonly number[] = [404, 405];

/** Codes whose sentence is that of another. */
const SENTENCES: Readonly<Record<string, string>> = {
  not_replicated: 'store_unavailable',
  newer_schema: 'store_unavailable',
  draining: 'store_unavailable',
  temporarily_unavailable: 'store_unavailable',
  too_large: 'invalid_request',
  unsupported_media_type: 'invalid_request',
  idempotency_mismatch: 'invalid_request',
  invalid_client: 'application_unknown',
  invalid_redirect_uri: 'application_address',
};

/** Codes that are the application's fault where it sent its user. */
const ITS_FAULT = ['invalid_request', 'not_found', 'other'];

function sentenceOf(code: string, place: Place, texts: Texts): string {
  const known = SENTENCES[code] ?? code;
  const name = `t.problem_${known}` in texts ? known : 'other';
  const its = place === 'application' && ITS_FAULT.includes(name) && code !== 'internal_error';
  return texts[`t.problem_${its ? 'application' : name}`] ?? '';
}

function wayBack(
  place: Place,
  clients: ClientRegistry,
  clientId = '',
  texts: Texts,
): { readonly back_url: string | undefined; readonly back_text: string | undefined } {
  if (place === 'code') return { back_url: '/device', back_text: texts['t.to_code'] };
  const address = place === 'application' ? clients.find(clientId)?.client_uri : undefined;
  // The demo client's sign-in is the only start page that there is.
  const hasStart = clients.find('demo') !== undefined;
  if (address === undefined) return { back_url: hasStart ? '/' : undefined, back_text: texts['t.to_start'] };
  return { back_url: address, back_text: texts['t.to_application'] };
}
