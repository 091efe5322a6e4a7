import { english } from './en.ts';
import { french } from './fr.ts';
import { german } from './de.ts';
import { japanese } from './ja.ts';
import { korean } from './ko.ts';
import { simplifiedChinese } from './zh-CN.ts';
import { spanish } from './es.ts';
import type { Texts } from './texts.ts';
import { traditionalChinese } from './zh-TW.ts';

const TEXTS: Readonly<Record<string, Texts>> = {
  en: english,
  'zh-CN': simplifiedChinese,
  'zh-TW': traditionalChinese,
  ja: japanese,
  ko: korean,
  es: spanish,
  de: german,
  fr: french,
};

const TRADITIONAL = /-(hant|tw|hk|mo)\b/i;
const SIMPLIFIED = /-hans\b/i;

/** The language among those there are that is closest to a tag (RFC 5646): who reads traditional Chinese never gets simplified. */
export function tagFor(language: string): string {
  const first = language.split('-')[0] ?? '';
  const base = first.toLowerCase();
  if (base === 'zh') return TRADITIONAL.test(language) && !SIMPLIFIED.test(language) ? 'zh-TW' : 'zh-CN';
  return Object.prototype.hasOwnProperty.call(TEXTS, base) ? base : 'en';
}

/** The texts in the language of {@link tagFor}. */
export function textsFor(language: string): Texts {
  return TEXTS[tagFor(language)] ?? english;
}
