import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import type { SignInState } from '../../src/web/client/sign-in-state.ts';
import { detailOf } from '../../src/web/client/state-texts.ts';
import { LANGUAGES } from '../../src/http/pages/language.ts';
import { inLayout } from '../../src/http/pages/page-layout.ts';
import { tagFor, textsFor } from '../../src/web/client/languages/choice.ts';

const pagesDir = new URL('../../src/web/pages/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, pagesDir), 'utf8');
const texts = Object.fromEntries(
  LANGUAGES.map((language) => [
    language,
    JSON.parse(read(`texts/${language}.json`)) as Record<string, string>,
  ]),
);
const templates = readdirSync(pagesDir).filter((name) => name.endsWith('.html'));

test('every language says the same things, in its own words, and none is left empty', () => {
  expect(readdirSync(new URL('texts', pagesDir)).sort()).toEqual(
    LANGUAGES.map((language) => `${language}.json`).sort(),
  );
  for (const language of LANGUAGES) {
    expectSame(language, texts[language] ?? {}, texts['en'] ?? {});
    expectSame(language, { ...textsFor(language) }, { ...textsFor('en') });
    expect(tagFor(language)).toBe(language);
  }
});

type Words = Readonly<Record<string, string>>;

/** Words that one language has from another; all others differ. */
const SHARED = /^(Application|Code|Website|%s min)$/;

function expectSame(language: string, words: Words, english: Words): void {
  const places = (text: string | undefined): number => text?.split('%s').length ?? 0;
  expect([language, Object.keys(words)]).toEqual([language, Object.keys(english)]);
  for (const [name, text] of Object.entries(words)) {
    expect([language, name, text.trim() === '']).toEqual([language, name, false]);
    expect([language, name, places(text)]).toEqual([language, name, places(english[name])]);
    if (language === 'en' || SHARED.test(text)) continue;
    expect([language, name, text]).not.toEqual([language, name, english[name]]);
  }
}

test('no text in traditional Chinese is written in simplified characters', () => {
  const both = [...Object.values(texts['zh-TW'] ?? {}), ...Object.values(textsFor('zh-TW'))].join('');
  expect(both).not.toMatch(/[这机码录请认证页开网应发给时间连线错误签过设备显说动输]/u);
});

/** What the page of a refusal chooses from, beside the sentences that the approval page has too. */
const CHOSEN = ['problem_nothing_title', 'problem_nothing', 'problem_application']
  .concat(['problem_application_unknown', 'problem_application_address'])
  .concat(['problem_phone_refused', 'plain_somebody'])
  .concat([
    'signed_out',
    'signed_out_detail',
    'not_signed_out',
    'not_signed_out_detail',
    'sign_out_ask',
    'sign_out_ask_detail',
  ])
  .concat(['app_open', 'app_get', 'app_only_title', 'app_only_text', 'app_unnamed'])
  .concat(['continue_title', 'continue_text', 'same_device_title', 'same_device_text'])
  .concat(['phone_signed_out', 'phone_signed_out_detail'])
  .concat(['everywhere_signed_out', 'everywhere_signed_out_detail', 'sign_in_again'])
  .concat(['to_application', 'to_code', 'to_start']);

test('the templates use exactly the texts there are', () => {
  const used = templates.flatMap((name) =>
    [...read(name).matchAll(/\{\{t\.(\w+)\}\}/g)].map((match) => match[1]),
  );
  expect(new Set([...used, ...CHOSEN])).toEqual(new Set(Object.keys(texts['en'] ?? {})));
});

test.each(templates)('%s has balanced sections, none inside another, and nothing inline', (name) => {
  const template = inLayout(read('layout.html'), name === 'layout.html' ? '' : read(name));
  const open: string[] = [];
  for (const [, kind, block = ''] of template.matchAll(/\{\{([#^/])(\w+)\}\}/g)) {
    if (kind === '/') expect(open.pop()).toBe(block);
    else open.push(block);
    expect(open.length).toBeLessThanOrEqual(1);
  }
  expect(open).toEqual([]);
  expect(template).not.toMatch(/ style=|<style|<script>|<script [^>]*>[^<]| on[a-z]+=|https?:\/\//);
});

test('a name turns no sentence around it, and is no pattern of a replacement', () => {
  const notice = { scanner: { name: "$& $' %s" } } as unknown as SignInState['notice'];
  const text = detailOf({ status: 'scanned', notice } as SignInState, textsFor('en'));
  expect(text).toMatch(/^Scanned by \u2068\$& \$' %s\u2069\. /);
});

test('a browser that is asked reads who signs in, and what else it should know', () => {
  const asking = { status: 'confirmed', notice: { ask: true, scanner: {}, second_phone: true } };
  const said = detailOf(asking as unknown as SignInState, textsFor('en'));
  expect(said).toBe(
    'Two phones scanned this code. \u2068Somebody\u2069 signs in here. Accept only if that is you.',
  );
  const answered = { status: 'confirmed', notice: { scanner: {}, second_phone: true } };
  expect(detailOf(answered as unknown as SignInState, textsFor('en'))).toBe(textsFor('en').confirmedDetail);
});
