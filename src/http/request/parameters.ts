import { ScangateError } from '../../ticket/error.ts';

/** Parameters by name, of a null prototype: `__proto__` is a name like any other. */
export type Parameters = Readonly<Record<string, string>>;

/** Most parameters that are read of one query or form. */
const PARAMETERS_MAX = 64;

/**
 * Reads `application/x-www-form-urlencoded` text, of a query or a form.
 *
 * @throws ScangateError `invalid_request` for a name given twice, bad percent-encoding, or too many parameters.
 */
export function readParameters(text: string): Parameters {
  const read = Object.create(null) as Record<string, string>;
  if (text === '') return read;
  const pairs = text.split('&', PARAMETERS_MAX + 1);
  if (pairs.length > PARAMETERS_MAX) throw bad(undefined, 'There are too many parameters.');
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (name === undefined) throw bad(undefined, 'The percent-encoding is wrong.');
    if (Object.hasOwn(read, name)) throw bad(name, 'It is given twice.');
    const value = decode(at < 0 ? '' : pair.slice(at + 1));
    if (value === undefined) throw bad(name, 'Its percent-encoding is wrong.');
    read[name] = value;
  }
  return read;
}

/**
 * Reads the query of a link that people open, to which apps add parameters of their own in whatever encoding: only `known`
 * names are read, of one given twice the first that can be read.
 */
export function readLink(text: string, known: readonly string[]): Parameters {
  const read = Object.create(null) as Record<string, string>;
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (name === undefined || !known.includes(name) || Object.hasOwn(read, name)) continue;
    const value = decode(at < 0 ? '' : pair.slice(at + 1));
    if (value !== undefined) read[name] = value;
  }
  return read;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function bad(field: string | undefined, message: string): ScangateError {
  return new ScangateError('invalid_request', {
    message,
    ...(field === undefined ? {} : { field: clip(field) }),
  });
}

function clip(name: string): string {
  return name.slice(0, 64);
}
