import { expect, test } from '@jest/globals';
import { browserName } from '../../src/web/pages/request/browser-name.ts';
import { releasedNames } from '../../src/web/pages/request/release.ts';
import { inSegments } from '../../src/web/pages/approval/user-code.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0';

test.each([
  [FIREFOX, 'Firefox, Linux'],
  [`${FIREFOX} Your bank asks you to confirm`, 'Firefox, Linux'],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['Your bank asks you to press Confirm. Firefox/1 Linux', '–'],
  ['\u202emrifnoC sserP', '–'],
  ['<b>Confirm</b>', '–'],
  ['https://evil.example/', '–'],
  ['x'.repeat(500), '–'],
  ['', '–'],
])('a browser that calls itself %j is %s', (agent, name) => {
  expect(browserName(agent)).toBe(name);
});

test.each([
  ['w', 'W'],
  ['wdjb', 'WDJB'],
  ['wdjbm', 'WDJB-M'],
  ['WDJB-', 'WDJB'],
  ['wdjb mjht', 'WDJB-MJHT'],
  ['ＷＤＪＢ－ｍｊｈｔ', 'WDJB-MJHT'],
  ['wdjbmjhtx', 'wdjbmjhtx'],
  ['我wd', '我wd'],
])('%j is typed as %j', (typed, shown) => {
  expect(inSegments(typed)).toBe(shown);
});

test.each([
  [[], [], ['sub']],
  [
    ['receipt', 'openid', 'email', 'offline_access'],
    ['email', 'email_verified'],
    ['sub', 'email', 'offline_access', 'receipt'],
  ],
  [['phone'], ['phone_number_verified', 'phone_number', 'department'], ['sub', 'phone_number', 'department']],
])('scopes %j and claims %j are told to the user as %j', (scopes, claims, names) => {
  expect(releasedNames({ scopes, claims })).toEqual(names);
});
