import { expect, test } from '@jest/globals';
import { languageOf } from '../../src/http/pages/language.ts';
import { inLayout } from '../../src/http/pages/page-layout.ts';
import { tagFor } from '../../src/web/client/languages/choice.ts';
import { readTemplate } from '../../src/http/pages/template.ts';

test.each([
  ['a {{x}} b', { x: '<&">\'' }, 'a &lt;&amp;&quot;&gt;&#39; b'],
  ['{{{x}}}', { x: '<b>' }, '<b>'],
  ['{{#x}}yes {{x}}{{/x}}{{^x}}no{{/x}}', { x: 'it' }, 'yes it'],
  ['{{#x}}yes{{/x}}{{^x}}no{{/x}}', { x: '' }, 'no'],
  ['{{#x}}yes{{/x}}{{^x}}no{{/x}}', { x: undefined }, 'no'],
  ['{{#x}}a{{#y}}b{{/y}}c{{/x}}', { x: true, y: false }, 'ac'],
  ['{{t.key}}{{ t.key }}', { 't.key': 'w' }, 'ww'],
  ['{{x}}', { x: '{{y}}' }, '{{y}}'],
])('%j filled with %j', (source, values, text) => {
  expect(readTemplate(source).write(values)).toBe(text);
});

test('a template that is wrong, or not filled, is a defect', () => {
  expect(() => readTemplate('{{#x}}')).toThrow('not closed');
  expect(() => readTemplate('{{#x}}{{/y}}')).toThrow('closes nothing');
  expect(() => readTemplate('{{x}}').write({})).toThrow('nothing fills');
  expect(() => readTemplate('{{constructor}}').write({})).toThrow('nothing fills');
});

const LAYOUT = '<{{$a}}A{{/a}}|{{$b}}B {{$c}}C{{/c}}{{/b}}>';

test.each([
  ['', '<A|B C>'],
  ['{{$a}}1{{/a}}', '<1|B C>'],
  ['{{$c}}3{{/c}} {{$a}}{{#x}}1{{/x}}{{/a}}', '<{{#x}}1{{/x}}|B 3>'],
  ['{{$b}}{{/b}}', '<A|>'],
  ["{{$a}}$& $'{{/a}}", "<$& $'|B C>"],
])('the blocks of %j stand in the layout', (page, whole) => {
  expect(inLayout(LAYOUT, page)).toBe(whole);
});

test.each([
  ['{{$other}}x{{/other}}', 'the layout has no block {{$other}}'],
  ['{{$b}}x{{/b}}{{$c}}y{{/c}}', 'the layout has no block {{$c}}'],
  ['{{$a}}x{{/a}}<p>', 'no block holds <p>'],
  ['{{$a}}x', 'no block holds {{$a}}x'],
])('a page %j that the layout cannot hold is a defect', (page, reason) => {
  expect(() => inLayout(LAYOUT, page)).toThrow(reason);
});

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['it', 'en'],
  ['en-GB', 'en'],
  ['fr', 'fr'],
  ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
  ['de-AT', 'de'],
  ['es-419', 'es'],
  ['ja-JP', 'ja'],
  ['ko', 'ko'],
  ['it, constructor, ja;q=0.1', 'ja'],
  ['zh', 'zh-CN'],
  ['zh-SG', 'zh-CN'],
  ['zh-TW', 'zh-TW'],
  ['zh-HK, zh;q=0.9, en;q=0.8', 'zh-TW'],
  ['zh-MO', 'zh-TW'],
  ['zh-Hant', 'zh-TW'],
  ['zh-Hant-CN', 'zh-TW'],
  ['zh-Hans-TW', 'zh-CN'],
  ['zh-Hant-TW', 'zh-TW'],
  ['en;q=0.3, zh-CN;q=0.9', 'zh-CN'],
  ['zh;q=0', 'en'],
  ['zh;q=x', 'en'],
  [','.repeat(10_000), 'en'],
] as const)('a browser that accepts %j reads %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
  // The embedded element chooses by one tag, and as the pages do.
  if (/^[\w-]+$/.test(header ?? '')) expect(tagFor(header ?? '')).toBe(language);
});
