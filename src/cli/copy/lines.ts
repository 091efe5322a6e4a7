import { NoCopy } from '../../store/copy-line.ts';

/** The longest line, in bytes: far above any that a copy has. */
const LINE_BYTES_MAX = 64 * 1024 ** 2;

/** Lines without their ends. @throws NoCopy for one that is too long, and where the last one has no end */
export async function* linesOf(input: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    let rest = chunk as Buffer;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield Buffer.concat([...parts, rest.subarray(0, end)]);
      rest = rest.subarray(end + 1);
      [parts, bytes] = [[], 0];
    }
    if (rest.length === 0) continue;
    parts.push(rest);
    bytes += rest.length;
    if (bytes > LINE_BYTES_MAX) throw new NoCopy('a line is too long for a copy');
  }
  if (parts.length > 0) throw new NoCopy('the copy is cut short: its last line has no end');
}
