import { parseArgs } from 'node:util';
import { ROWS } from './catalogue.ts';
import { slugOf } from './row.ts';
import type { Row } from './row.ts';

export const USAGE = `usage: npm run interop [-- options]
  --help              this
  --list              the rows' names
  --only <name,…>     these rows
  --smoke             those that CI plays
  --npm               the rows from npm
  --debian            the rows from Debian's packages
  --write             puts what was played into docs/interop.md
Status 1: a row failed, or one of those that were chosen cannot be had here.`;

/** What the command was asked for. */
export interface Request {
  readonly rows: readonly Row[];
  /** Whether rows were chosen: then each of them must be had. */
  readonly chosen: boolean;
  readonly endsInChromium: boolean;
  readonly help: boolean;
  readonly list: boolean;
  readonly write: boolean;
}

/** @throws Error with a line for people. */
export function readRequest(args: readonly string[]): Request {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      only: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      npm: { type: 'boolean', default: false },
      debian: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { help, list, only, smoke, npm, debian, write } = values;
  const isOfSource = ({ source }: Row): boolean =>
    (!npm && !debian) || (source.from === 'npm' ? npm : debian);
  const named = only === undefined ? ROWS : only.split(',').map(rowNamed);
  const rows = named.filter((row) => isOfSource(row) && (!smoke || row.smoke === true));
  const chosen = only !== undefined || smoke || npm || debian;
  return { rows, chosen, endsInChromium: !smoke, help, list, write };
}

function rowNamed(name: string): Row {
  const row = ROWS.find((row) => row.name === name || slugOf(row) === slugOf({ name }));
  if (row === undefined) throw new Error(`there is no row "${name}": npm run interop -- --list`);
  return row;
}
