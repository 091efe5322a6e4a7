import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_CHAINS } from '../../src/record/chain/link.ts';
import { temporaryFolder } from '../support/folder.ts';
import { scangate } from '../support/scangate.ts';

/** A line of `scangate audit export`; floors and heads have no text. */
interface ExportedLine {
  readonly chain?: number;
  readonly link?: number;
  readonly text?: string;
}

/** What somebody may do to an export, and what must be named of it, with the links where it is named. */
interface Tampering {
  readonly name: string;
  readonly lines: readonly string[];
  readonly named: readonly string[];
}

/**
 * Exports the record, does to it what nobody may do unseen, and verifies each, and the export as it was, by the published keys alone.
 * Answers what was not named as it should be.
 *
 * @param keys what `/.well-known/scangate-record-keys` says.
 */
export async function unnamedTamperings(
  env: Readonly<Record<string, string>>,
  keys: string,
): Promise<readonly string[]> {
  const { status, stdout, stderr } = await scangate(['audit', 'export'], env);
  if (status !== 0) return [`audit export ended with ${status}: ${stderr.slice(-600)}`];
  const folder = await temporaryFolder();
  const [file, keyFile] = [join(folder.path, 'export.ndjson'), join(folder.path, 'keys.json')];
  try {
    await writeFile(keyFile, keys);
    const wrong: string[] = [];
    for (const { name, lines, named } of tamperings(stdout.trimEnd().split('\n'))) {
      await writeFile(file, lines.join('\n'));
      const said = await scangate(['audit', 'verify', file, '--keys', keyFile, '--json'], env);
      const found = breaksIn(said.stdout);
      if (said.status === (named.length === 0 ? 0 : 1) && found.join() === named.join()) continue;
      wrong.push(`${name}: ${found.join() || 'nothing'} was named and not ${named.join() || 'nothing'}`);
    }
    return wrong;
  } finally {
    await folder.remove();
  }
}

/** In the middle of the export: two entries that follow each other in the chain of a partition. */
function tamperings(lines: readonly string[]): Tampering[] {
  const told = lines.map((line) => JSON.parse(line) as ExportedLine);
  const middle = Math.floor(lines.length / 2);
  const isPair = (index: number): boolean =>
    (told[index]?.chain ?? NODE_CHAINS) < NODE_CHAINS &&
    told[index]?.text !== undefined &&
    told[index + 1]?.chain === told[index]?.chain &&
    told[index + 1]?.text !== undefined &&
    told[index + 2]?.chain === told[index]?.chain;
  const at = told.findIndex((_, index) => index >= middle && isPair(index));
  if (at < 0) throw new Error('the export has no two entries of one chain in its second half');
  const [one = '', other = ''] = [lines[at], lines[at + 1]];
  const named = (what: string, index: number): string => `${what} ${told[index]?.chain}/${told[index]?.link}`;
  return [
    { name: 'as it was', lines, named: [] },
    {
      name: 'a byte altered',
      lines: lines.with(at, one.replace('\\"at\\":\\"2', '\\"at\\":\\"3')),
      named: [named('altered', at)],
    },
    { name: 'an entry dropped', lines: lines.toSpliced(at, 1), named: [named('dropped', at)] },
    {
      name: 'a pair swapped',
      lines: lines.toSpliced(at, 2, other, one),
      named: [named('dropped', at), named('swapped', at)],
    },
  ];
}

function breaksIn(stdout: string): readonly string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { break: found } = JSON.parse(line) as {
        readonly break?: { readonly what: string; readonly chain: number; readonly link: number };
      };
      return found === undefined ? [] : [`${found.what} ${found.chain}/${found.link}`];
    });
}
