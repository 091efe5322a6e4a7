import { checkPrime, createPrivateKey, createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const PRIME_BYTES = 128;
const EXPONENT = 65_537n;
/** Miller-Rabin rounds (FIPS 186-5, table B.1, asks for 5 at this size). */
const CHECKS = 16;
/** A prime is found among the first 360 odd candidates on average; so many without one do not happen. */
const CANDIDATES_MAX = 20_000;
/** Six of seven candidates have a factor below this, which is found out a hundred times sooner than by Miller-Rabin. */
const SMALL_FACTORS_BELOW = 2000;

/**
 * An RSA key of 2048 bits that follows from 32 bytes alone, so that nodes that share their secrets share it without
 * storing or sending it. Its primes are the first ones in a sequence of HKDF outputs (RFC 5869).
 */
export async function rsaKeyFrom(seed: Buffer): Promise<KeyObject> {
  const [p, q] = await Promise.all([primeFrom(seed, 'p'), primeFrom(seed, 'q')]);
  const d = inverse(EXPONENT, lcm(p - 1n, q - 1n));
  const text = (value: bigint): string => bytesOf(value).toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: text(p * q),
      e: text(EXPONENT),
      d: text(d),
      p: text(p),
      q: text(q),
      dp: text(d % (p - 1n)),
      dq: text(d % (q - 1n)),
      qi: text(inverse(q, p)),
    },
  });
}

async function primeFrom(seed: Buffer, name: string): Promise<bigint> {
  const key = createSecretKey(seed);
  for (let count = 0; count < CANDIDATES_MAX; count += 1) {
    const bytes = Buffer.from(hkdfSync('sha256', key, '', `scangate/1/rsa/${name}/${count}`, PRIME_BYTES));
    bytes[0] = (bytes[0] ?? 0) | 0xc0;
    bytes[PRIME_BYTES - 1] = (bytes[PRIME_BYTES - 1] ?? 0) | 1;
    const candidate = BigInt(`0x${bytes.toString('hex')}`);
    if (candidate % EXPONENT === 1n || hasSmallFactor(candidate)) continue;
    if (await isPrime(bytes)) return candidate;
  }
  throw new Error('no prime among the candidates');
}

/** Products of odd primes, each small enough that a remainder by it is an exact number, and their factors. */
const SMALL_FACTORS = productsOf(oddPrimesBelow(SMALL_FACTORS_BELOW));

function oddPrimesBelow(bound: number): readonly number[] {
  const primes: number[] = [];
  for (let value = 3; value < bound; value += 2)
    if (primes.every((prime) => value % prime !== 0)) primes.push(value);
  return primes;
}

function productsOf(primes: readonly number[]): readonly { product: bigint; factors: readonly number[] }[] {
  const groups: number[][] = [[]];
  let product = 1;
  for (const prime of primes) {
    if (product * prime > Number.MAX_SAFE_INTEGER) {
      groups.push([]);
      product = 1;
    }
    product *= prime;
    groups.at(-1)?.push(prime);
  }
  return groups.map((factors) => ({ product: BigInt(factors.reduce((a, b) => a * b)), factors }));
}

function hasSmallFactor(candidate: bigint): boolean {
  return SMALL_FACTORS.some(({ product, factors }) => {
    const remainder = Number(candidate % product);
    return factors.some((factor) => remainder % factor === 0);
  });
}

function isPrime(candidate: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    checkPrime(candidate, { checks: CHECKS }, (error, prime) => (error ? reject(error) : resolve(prime)));
  });
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, nextR] = [modulus, value % modulus];
  let [t, nextT] = [0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return t < 0n ? t + modulus : t;
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
