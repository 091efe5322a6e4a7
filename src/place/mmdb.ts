import { createRequire } from 'node:module';
import type { Place, Places } from './places.ts';

/** What of the package is used here. */
interface Maxmind {
  readonly Reader: new (bytes: Buffer) => Reader;
}

interface Reader {
  readonly metadata: { readonly databaseType: string; readonly searchTreeSize: number };
  /** @throws for a text that is no address, and where the file is broken. */
  get(ip: string): unknown;
}

type Names = Readonly<Record<string, unknown>>;

/** What of an entry is looked at; any of it may be missing, or something else. */
interface Entry {
  readonly country?: { readonly iso_code?: unknown };
  readonly city?: { readonly names?: Names };
}

const COUNTRY = /^[A-Z]{2}$/;
/** The longest name of a city, in characters. */
const NAME_LENGTH_MAX = 100;
/** Types of files with places in them: GeoLite2-City, GeoIP2-Country, DBIP-City-Lite, … */
const WITH_PLACES = /city|country|enterprise|location/i;

/** The places of a file in MaxMind's format. @throws Error which says what is wrong with it. */
export function mmdbPlaces(bytes: Buffer): Places {
  const reader = readerOf(bytes);
  return {
    isThere: true,
    find(ip) {
      try {
        const entry = reader.get(ip) as Entry | null;
        return entry === null ? undefined : placeOf(entry);
      } catch {
        return undefined;
      }
    },
  };
}

function readerOf(bytes: Buffer): Reader {
  // Nobody pays for the package who has no such file.
  const { Reader } = createRequire(import.meta.url)('maxmind') as Maxmind;
  let reader: Reader;
  try {
    reader = new Reader(bytes);
  } catch {
    throw new Error('is not in MaxMind’s format');
  }
  const { databaseType, searchTreeSize } = reader.metadata;
  if (!(searchTreeSize < bytes.length)) throw new Error('is cut short');
  if (!WITH_PLACES.test(databaseType)) throw new Error(`holds no places: its type is ${databaseType}`);
  return reader;
}

function placeOf({ country, city }: Entry): Place {
  const code = country?.iso_code;
  const known = typeof code === 'string' && COUNTRY.test(code) ? code : undefined;
  return {
    ...(known === undefined ? {} : { country: known }),
    name(language) {
      const parts = [cityIn(city?.names ?? {}, language), known && countryIn(known, language)];
      const named = parts.filter((part) => part !== undefined);
      return named.length === 0 ? undefined : named.join(', ');
    },
  };
}

function cityIn(names: Names, language: string): string | undefined {
  const name = names[language] ?? names['en'];
  return typeof name === 'string' ? name.replaceAll(/\p{C}/gu, '').slice(0, NAME_LENGTH_MAX) : undefined;
}

function countryIn(code: string, language: string): string | undefined {
  return new Intl.DisplayNames(language, { type: 'region' }).of(code);
}
