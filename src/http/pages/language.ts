/** The languages that pages are written in, the one for everyone else first. */
export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language that a browser likes best of those there are (RFC 9110 §12.5.4). */
export function languageOf(acceptLanguage: string | undefined): Language {
  let best: Language = LANGUAGES[0];
  let bestQuality = 0;
  for (const part of (acceptLanguage ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const language = LANGUAGES.find((known) => tag.split('-')[0] === known.split('-')[0]);
    const given = parameters.find((text) => text.startsWith('q='));
    const quality = given === undefined ? 1 : Number(given.slice(2));
    if (language !== undefined && quality > bestQuality) [best, bestQuality] = [language, quality];
  }
  return best;
}
