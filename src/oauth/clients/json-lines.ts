/** A JSON text as it was read: its value, and the line on which each member and item begins. */
export interface JsonLines {
  readonly value: unknown;
  /** The line, from 1, of the value at a path; of the nearest one above it where there is none. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** A text that is not JSON. The message names the line and never quotes the text, which may hold secrets. */
export class BadJson extends Error {
  override readonly name = 'BadJson';
  readonly line: number;

  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
    this.line = line;
  }
}

/** The deepest nesting that is read. */
const DEPTH_MAX = 32;

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/uy;

/**
 * Reads JSON (RFC 8259) and remembers the lines. A member given twice is refused.
 *
 * @throws {@link BadJson}
 */
export function readJsonLines(text: string): JsonLines {
  const reader = new Reader(text);
  const value = reader.whole();
  return { value, lineOf: (path) => reader.lineOf(path) };
}

/** One reading of a text, from its beginning to its end. */
class Reader {
  readonly #text: string;
  readonly #lines = new Map<string, number>();
  #at = 0;
  #token = '';
  #counted = 0;
  #newlines = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    this.#next();
    const value = this.#value([]);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('there is more after the end');
    return value;
  }

  lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length -= 1) {
      const found = this.#lines.get(keyOf(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return this.#lines.get(keyOf([])) ?? 1;
  }

  #value(path: readonly PropertyKey[]): unknown {
    if (path.length > DEPTH_MAX) this.#fail('nested too deep');
    this.#lines.set(keyOf(path), this.#line());
    if (this.#token === '{') return this.#object(path);
    if (this.#token === '[') return this.#array(path);
    if (/^[}\],:]/.test(this.#token)) this.#fail(`"${this.#token}" is out of place`);
    return JSON.parse(this.#token);
  }

  #object(path: readonly PropertyKey[]): Record<string, unknown> {
    const made = new Map<string, unknown>();
    if (this.#next() === '}') return {};
    for (;;) {
      if (!this.#token.startsWith('"')) this.#fail('a member must begin with its name in quotes');
      const name = JSON.parse(this.#token) as string;
      if (made.has(name)) this.#fail(`"${name}" stands here twice`);
      if (this.#next() !== ':') this.#fail('a colon is missing');
      this.#next();
      made.set(name, this.#value([...path, name]));
      if (this.#next() === '}') return Object.fromEntries(made);
      if (this.#token !== ',') this.#fail('a comma is missing');
      this.#next();
    }
  }

  #array(path: readonly PropertyKey[]): unknown[] {
    const made: unknown[] = [];
    if (this.#next() === ']') return made;
    for (;;) {
      made.push(this.#value([...path, made.length]));
      if (this.#next() === ']') return made;
      if (this.#token !== ',') this.#fail('a comma is missing');
      this.#next();
    }
  }

  #next(): string {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) {
      this.#skipSpace();
      return this.#fail(this.#at === this.#text.length ? 'the text ends too early' : 'not JSON');
    }
    this.#at = TOKEN.lastIndex;
    this.#token = match[1] ?? match[2] ?? match[3] ?? '';
    return this.#token;
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '.')) this.#at += 1;
  }

  #line(): number {
    for (; this.#counted < this.#at; this.#counted += 1)
      if (this.#text[this.#counted] === '\n') this.#newlines += 1;
    return this.#newlines + 1;
  }

  #fail(why: string): never {
    throw new BadJson(this.#line(), why);
  }
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}
