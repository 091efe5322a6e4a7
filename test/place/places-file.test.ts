import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadPlaces, openPlacesFile } from '../../src/place/places-file.ts';
import type { FollowingPlaces } from '../../src/place/places-file.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { temporaryFolder } from '../support/folder.ts';
import { mmdb } from '../support/places.ts';
import { until } from '../support/until.ts';

const LYON = { country: 'FR', city: 'Lyon', cityIn: { ja: 'リヨン' } };
const PLACES = { '198.51.100.0/24': LYON, '203.0.113.128/25': { country: 'DE' } };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function open(bytes: Buffer | string, told: string[] = []): FollowingPlaces & { readonly file: string } {
  const file = join(folder.path, `${Math.random()}.mmdb`);
  writeFileSync(file, bytes);
  const onLoaded = (): void => void told.push('loaded');
  const onMistake = (why: string): void => void told.push(why);
  return { ...openPlacesFile({ file, lookMs: 60_000, time: systemTime, onLoaded, onMistake }), file };
}

describe('A file of places', () => {
  test('says where an address is, in the language that is asked for where it can', () => {
    const places = open(mmdb(PLACES));
    const lyon = places.find('198.51.100.7');
    expect(lyon?.country).toBe('FR');
    const names = ['en', 'de', 'ja', 'zh-TW', 'ko'].map((language) => lyon?.name(language));
    expect(names).toEqual([
      'Lyon, France',
      'Lyon, Frankreich',
      'リヨン, フランス',
      'Lyon, 法國',
      'Lyon, 프랑스',
    ]);
    expect(places.find('203.0.113.200')?.name('en')).toBe('Germany');
    for (const other of ['203.0.113.1', '192.0.2.1', '2001:db8::1', '', 'no address'])
      expect(places.find(other)).toBeUndefined();
    places.close();
  });

  test.each<readonly [string, Buffer | string, RegExp]>([
    ['empty', '', /not in MaxMind’s format/],
    ['of another kind', '{"country": "DE"}', /not in MaxMind’s format/],
    ['cut off', mmdb(PLACES).subarray(0, -200), /not in MaxMind’s format/],
    ['cut off at its front', mmdb(PLACES).subarray(mmdb(PLACES).length - 300), /is cut short/],
    ['without places', mmdb(PLACES, 'GeoLite2-ASN'), /holds no places: its type is GeoLite2-ASN/],
  ])('that is %s is refused', (_what, bytes, why) => {
    expect(() => open(bytes)).toThrow(BadPlaces);
    expect(() => open(bytes)).toThrow(why);
  });

  test('that is not there is refused', () => {
    const none = { file: join(folder.path, 'none'), lookMs: 60_000, time: systemTime };
    const quiet = { onLoaded: () => undefined, onMistake: () => undefined };
    expect(() => openPlacesFile({ ...none, ...quiet })).toThrow('cannot be read (ENOENT)');
  });

  test('is read again when it changes, and stays as it was where the new one is broken', async () => {
    const told: string[] = [];
    const places = open(mmdb(PLACES), told);
    writeFileSync(places.file, mmdb({ '198.51.100.0/24': { country: 'ES' } }));
    places.look();
    await until(() => told.length === 1);
    expect(places.find('198.51.100.7')?.country).toBe('ES');
    writeFileSync(places.file, 'broken');
    places.look();
    await until(() => told.length === 2);
    expect(told).toEqual(['loaded', 'is not in MaxMind’s format']);
    expect(places.find('198.51.100.7')?.country).toBe('ES');
    places.close();
  });

  test('whose data is broken where nobody looked says nothing of an address', () => {
    const bytes = mmdb(PLACES);
    bytes.fill(0xff, bytes.indexOf('country') - 2, bytes.indexOf('Lyon'));
    const places = open(bytes);
    expect(places.find('198.51.100.7')?.country).toBeUndefined();
    places.close();
  });
});
