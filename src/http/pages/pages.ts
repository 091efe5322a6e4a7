import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { Answer } from '../answer/answer.ts';
import type { RefusalPage } from '../answer/refusal.ts';
import { LANGUAGES, languageOf } from './language.ts';
import type { Language } from './language.ts';
import { readTemplate } from './template.ts';
import type { Template, Values } from './template.ts';

const PAGES = ['sign-in', 'sign-in-plain', 'approve', 'demo-callback', 'problem'] as const;

/** The pages that people see, by the names of their templates. */
export type PageName = (typeof PAGES)[number];

/** Writes pages in the language that the browser wishes for. */
export interface Pages {
  /** A whole page. `lang`, `demo` and the texts `t.…` are there already. */
  show(name: PageName, headers: IncomingHttpHeaders, values: Values, status?: number): Answer;
  /** How refusals look as pages for this request. */
  refusal(headers: IncomingHttpHeaders): RefusalPage;
}

type Texts = Readonly<Record<string, string>>;

/** @param folder holds the templates and `texts.json`. @param demo whether pages warn of the pretend identity. */
export function readPages(folder: string, demo: boolean): Pages {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const texts = textsOf(JSON.parse(read('texts.json')) as Record<Language, Texts>);
  const templates = Object.fromEntries(
    PAGES.map((name) => [name, readTemplate(read(`${name}.html`))]),
  ) as Record<PageName, Template>;

  function show(name: PageName, headers: IncomingHttpHeaders, values: Values, status = 200): Answer {
    const lang = languageOf(headers['accept-language']);
    return {
      status,
      headers: { 'Content-Language': lang, Vary: 'Accept-Language' },
      type: 'text/html; charset=utf-8',
      body: templates[name].write({ ...texts[lang], lang, demo, ...values }),
    };
  }

  return {
    show,
    refusal: (headers) => (status, code, detail, field) => {
      const words = texts[languageOf(headers['accept-language'])];
      const title = words['t.problem_title'] ?? '';
      const text = words[`t.problem_${code}`] ?? detail ?? words['t.problem_other'] ?? '';
      const shown = field === undefined ? code : `${code}: ${field}`;
      return show('problem', headers, { title, detail: text, code: shown, back_url: undefined }, status);
    },
  };
}

function textsOf(texts: Record<Language, Texts>): Record<Language, Texts> {
  return Object.fromEntries(
    LANGUAGES.map((language) => [
      language,
      Object.fromEntries(Object.entries(texts[language]).map(([key, text]) => [`t.${key}`, text])),
    ]),
  ) as Record<Language, Texts>;
}
