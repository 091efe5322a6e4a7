const FIRST_PRIMES = 64;

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 0x100000000) | 0;
}

function makeConstants(): { readonly start: number[]; readonly round: number[] } {
  const start: number[] = [];
  const round: number[] = [];
  for (let candidate = 2; round.length < FIRST_PRIMES; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) prime = false;
    }
    if (!prime) continue;
    if (start.length < 8) start.push(fraction(Math.pow(candidate, 1 / 2)));
    round.push(fraction(Math.pow(candidate, 1 / 3)));
  }
  return { start, round };
}

const CONSTANTS = makeConstants();

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function pad(bytes: readonly number[]): number[] {
  const padded = bytes.slice();
  padded.push(0x80);
  while (padded.length % 64 !== 56) padded.push(0);
  const high = Math.floor(bytes.length / 0x20000000);
  const low = (bytes.length << 3) >>> 0;
  for (let shift = 24; shift >= 0; shift -= 8) padded.push((high >>> shift) & 255);
  for (let shift = 24; shift >= 0; shift -= 8) padded.push((low >>> shift) & 255);
  return padded;
}

function schedule(padded: readonly number[], at: number): number[] {
  const words: number[] = [];
  for (let i = 0; i < 64; i++) {
    if (i < 16) {
      const byte = (offset: number) => padded[at + i * 4 + offset] ?? 0;
      words.push((byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3));
      continue;
    }
    const a = words[i - 15] ?? 0;
    const b = words[i - 2] ?? 0;
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words.push(((words[i - 16] ?? 0) + s0 + (words[i - 7] ?? 0) + s1) | 0);
  }
  return words;
}

type State = [number, number, number, number, number, number, number, number];

function compress(state: State, words: readonly number[]): State {
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (CONSTANTS.round[i] ?? 0) + (words[i] ?? 0)) | 0;
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const worked: State = [a, b, c, d, e, f, g, h];
  return worked.map((word, i) => (word + (state[i] ?? 0)) | 0) as State;
}

/**
 * SHA-256 (FIPS 180-4) in plain arithmetic: `crypto.subtle` does not exist on plain http, where a gateway on a home
 * network is tried out.
 */
export function sha256(bytes: readonly number[]): number[] {
  const padded = pad(bytes);
  let state = CONSTANTS.start as State;
  for (let at = 0; at < padded.length; at += 64) state = compress(state, schedule(padded, at));
  const digest: number[] = [];
  state.forEach((word) => {
    for (let shift = 24; shift >= 0; shift -= 8) digest.push((word >>> shift) & 255);
  });
  return digest;
}
