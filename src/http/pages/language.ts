import type { IncomingHttpHeaders } from 'node:http';

/** The languages that pages are written in, one file each in `web/pages/texts`, the one for everyone else first. */
export const LANGUAGES = ['en', 'zh-CN', 'zh-TW', 'ja', 'ko', 'es', 'de', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language that a browser likes best of those there are (RFC 9110 §12.5.4). */
export function languageOf(acceptLanguage: string | undefined): Language {
  let best: Language = LANGUAGES[0];
  let bestQuality = 0;
  for (const part of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const language = closest(tag);
    const given = parameters.find((text) => text.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2));
    if (language !== undefined && quality > bestQuality) [best, bestQuality] = [language, quality];
  }
  return best;
}

/** Headers whose languages come after those of `ui_locales` (OpenID Connect Core §3.1.2.1), a list of tags with spaces. */
export function preferring(uiLocales: string | undefined, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (uiLocales === undefined) return headers;
  const wished = uiLocales.split(' ').filter((tag) => /^[A-Za-z0-9-]{1,35}$/.test(tag));
  const known = headers['accept-language'];
  return { ...headers, 'accept-language': [...wished, ...(known === undefined ? [] : [known])].join(', ') };
}

/** Chinese has two scripts, and who reads one is not given the other: a region stands for the one that is read there. */
function closest(tag: string): Language | undefined {
  const [base, ...subtags] = tag.split('-');
  if (base !== 'zh') return LANGUAGES.find((known) => known === base);
  if (subtags.includes('hans')) return 'zh-CN';
  return subtags.some((subtag) => TRADITIONAL.includes(subtag)) ? 'zh-TW' : 'zh-CN';
}

const TRADITIONAL: readonly string[] = ['hant', 'tw', 'hk', 'mo'];
