import { RedisError } from './reply.ts';

const DIGITS = 17;

/** A double as C prints it with `%.17g`, which is how Redis turns a Lua number or a score into text. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return Object.is(value, -0) ? '-0' : String(value);
  const [mantissa = '', power = '0'] = value.toExponential(DIGITS - 1).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < DIGITS) return withoutZeros(value.toFixed(DIGITS - 1 - exponent));
  const sign = exponent < 0 ? '-' : '+';
  return `${withoutZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** A whole number of 64 bits. @throws RedisError */
export function parseInteger(text: string): number {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text))
    throw new RedisError('ERR value is not an integer or out of range');
  return Number(text);
}

const FLOAT = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i;

/** A score. @throws RedisError */
export function parseDouble(text: string, error = 'ERR value is not a valid float'): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  if (!FLOAT.test(text)) throw new RedisError(error);
  return Number(text);
}
