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
  const lines = new Map<string, number>();
  let at = 0;
  let token = '';
  let counted = 0;
  let newlines = 0;

  function line(): number {
    for (; counted < at; counted += 1) if (text[counted] === '\n') newlines += 1;
    return newlines + 1;
  }
  const fail = (why: string): never => {
    throw new BadJson(line(), why);
  };

  function next(): string {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      while (' \t\r\n'.includes(text[at] ?? '.')) at += 1;
      return at === text.length ? fail('the text ends too early') : fail('not JSON');
    }
    at = TOKEN.lastIndex;
    token = match[1] ?? match[2] ?? match[3] ?? '';
    return token;
  }

  function value(path: readonly PropertyKey[]): unknown {
    if (path.length > DEPTH_MAX) fail('nested too deep');
    lines.set(keyOf(path), line());
    if (token === '{') return object(path);
    if (token === '[') return array(path);
    if (/^[}\],:]/.test(token)) fail(`"${token}" is out of place`);
    return JSON.parse(token);
  }

  function object(path: readonly PropertyKey[]): Record<string, unknown> {
    const made = new Map<string, unknown>();
    if (next() === '}') return {};
    for (;;) {
      if (!token.startsWith('"')) fail('a member must begin with its name in quotes');
      const name = JSON.parse(token) as string;
      if (made.has(name)) fail(`"${name}" stands here twice`);
      if (next() !== ':') fail('a colon is missing');
      next();
      made.set(name, value([...path, name]));
      if (next() === '}') return Object.fromEntries(made);
      if (token !== ',') fail('a comma is missing');
      next();
    }
  }

  function array(path: readonly PropertyKey[]): unknown[] {
    const made: unknown[] = [];
    if (next() === ']') return made;
    for (;;) {
      made.push(value([...path, made.length]));
      if (next() === ']') return made;
      if (token !== ',') fail('a comma is missing');
      next();
    }
  }

  next();
  const read = value([]);
  while (' \t\r\n'.includes(text[at] ?? '.')) at += 1;
  if (at < text.length) fail('there is more after the end');
  return {
    value: read,
    lineOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const found = lines.get(keyOf(path.slice(0, length)));
        if (found !== undefined) return found;
      }
      return lines.get(keyOf([])) ?? 1;
    },
  };
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}
