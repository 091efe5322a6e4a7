import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import type { Answer } from '../answer/answer.ts';
import { LANGUAGES, languageOf } from './language.ts';
import type { Language } from './language.ts';
import { inLayout } from './page-layout.ts';
import { readTemplate } from './template.ts';
import type { Template, Values } from './template.ts';

const PAGES = [
  'sign-in',
  'sign-in-plain',
  'approve',
  'demo-callback',
  'form-post',
  'signed-out',
  'problem',
  'return',
] as const;

/** The pages that people see, by the names of their templates. */
export type PageName = (typeof PAGES)[number];

/** One language's texts by their names in templates, `t.…`. */
export type Texts = Readonly<Record<string, string>>;

/** Writes pages in the language that the browser wishes for. */
export interface Pages {
  /** A whole page. `lang`, `demo` and the texts `t.…` are there already. */
  show(name: PageName, headers: IncomingHttpHeaders, values: Values, status?: number): Answer;
  /** The texts in this request's language. */
  texts(headers: IncomingHttpHeaders): Texts;
}

/** @param folder holds the templates, their `layout.html` and `texts/`, one file a language. @param demo whether pages warn of the pretend identity. */
export function readPages(folder: string, demo: boolean): Pages {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const languages = Object.fromEntries(
    LANGUAGES.map((language) => [language, textsOf(read(`texts/${language}.json`))]),
  ) as Record<Language, Texts>;
  const layout = read('layout.html');
  const templates = Object.fromEntries(
    PAGES.map((name) => [name, readTemplate(inLayout(layout, read(`${name}.html`)))]),
  ) as Record<PageName, Template>;

  function show(name: PageName, headers: IncomingHttpHeaders, values: Values, status = 200): Answer {
    const lang = languageOf(headers['accept-language']);
    return {
      status,
      headers: { 'Content-Language': lang, Vary: 'Accept-Language' },
      type: 'text/html; charset=utf-8',
      body: templates[name].write({ ...languages[lang], lang, demo, ...values }),
    };
  }

  return { show, texts: (headers) => languages[languageOf(headers['accept-language'])] };
}

function textsOf(json: string): Texts {
  const texts = Object.entries(JSON.parse(json) as Texts);
  return Object.fromEntries(texts.map(([name, text]) => [`t.${name}`, text]));
}
