import { describe, expect, test } from '@jest/globals';
import { assert, bigInt, integer, property, string } from 'fast-check';
import { CURSOR_LENGTH_MAX, cursorOf, isCursor, versionOf } from '../../src/ticket/cursor.ts';
import { RUN, SEED } from './arbitrary.ts';

describe(`A cursor (seed ${SEED})`, () => {
  test('comes back as it was made', () => {
    assert(
      property(
        integer({ min: 1, max: 999_999_999 }),
        bigInt({ min: 0n, max: 10n ** 30n - 1n }),
        (version, nonce) => {
          const cursor = cursorOf(version, nonce.toString());
          expect(isCursor(cursor)).toBe(true);
          expect(versionOf(cursor)).toBe(version);
          expect(cursor.length).toBeLessThanOrEqual(CURSOR_LENGTH_MAX);
        },
      ),
      RUN,
    );
  });

  test('is 40 characters of digits and one hyphen at most, whatever came from outside', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), (text) => {
        if (isCursor(text)) expect(text).toMatch(/^[0-9]{1,9}-[0-9]{1,30}$/);
      }),
      RUN,
    );
  });

  test.each([
    '',
    '-',
    '1',
    '1-',
    '-1',
    '0-1',
    '01-1',
    '1-1-1',
    ' 1-1',
    '1-1 ',
    '1-1\n',
    '1–1',
    '1-a',
    '+1-1',
    '1.5-1',
    '1e3-1',
    '１-１',
    '١-١',
    '1-1\0',
    '1-1\r\nid: 2',
    '*',
    '$',
    'null',
    `1-${'1'.repeat(31)}`,
    `${'1'.repeat(10)}-1`,
    '1'.repeat(41),
    `${'9'.repeat(1e6)}-1`,
  ])('is not %j', (text) => {
    expect(isCursor(text)).toBe(false);
  });
});
