import { writeFile } from 'node:fs/promises';

/** A place as an entry of a file in MaxMind's format has it. */
export interface PlaceEntry {
  readonly country: string;
  readonly city?: string;
  /** Names of the city in other languages than English. */
  readonly cityIn?: Readonly<Record<string, string>>;
}

/** Writes a file in MaxMind's format. @param places by IPv4 network: `203.0.113.0/24`. */
export async function writePlaces(
  file: string,
  places: Readonly<Record<string, PlaceEntry>>,
  type = 'Test-City',
): Promise<void> {
  await writeFile(file, mmdb(places, type));
}

type Value = string | number | readonly Value[] | { readonly [name: string]: Value };
type Node = [left: Node | number | undefined, right: Node | number | undefined];

/** The bytes of such a file (MaxMind DB File Format Specification 2.0): a tree of IPv4 addresses, 32 bits a record. */
export function mmdb(places: Readonly<Record<string, PlaceEntry>>, type = 'Test-City'): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [network, place] of Object.entries(places)) {
    insert(root, network, offset);
    const entry = encode(entryOf(place));
    data.push(entry);
    offset += entry.length;
  }
  const nodes = listed(root);
  const record = (child: Node | number | undefined): number => {
    if (child === undefined) return nodes.length;
    return typeof child === 'number' ? nodes.length + 16 + child : nodes.indexOf(child);
  };
  const tree = Buffer.concat(
    nodes.map((node) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(record(node[0]), 0);
      bytes.writeUInt32BE(record(node[1]), 4);
      return bytes;
    }),
  );
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: type,
    description: { en: 'Made by a test' },
    ip_version: 4,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 32,
  });
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata]);
}

function entryOf({ country, city, cityIn = {} }: PlaceEntry): Value {
  return {
    country: { iso_code: country },
    ...(city === undefined ? {} : { city: { names: { en: city, ...cityIn } } }),
  };
}

function insert(root: Node, network: string, leaf: number): void {
  const [address = '', length = '32'] = network.split('/');
  const bits = address.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  const path = bits.join('').slice(0, Number(length));
  let node = root;
  for (const bit of path.slice(0, -1)) {
    const side = Number(bit);
    const next = node[side];
    node = Array.isArray(next) ? next : (node[side] = [undefined, undefined]);
  }
  node[Number(path.at(-1))] = leaf;
}

function listed(node: Node): Node[] {
  return [node, ...node.flatMap((child) => (Array.isArray(child) ? listed(child) : []))];
}

const MAP = 7;
const STRING = 2;
const UINT32 = 6;
const ARRAY = 11;

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(STRING, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(UINT32, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(ARRAY, value.length), ...value.map(encode)]);
  const members = Object.entries(value);
  return Buffer.concat([control(MAP, members.length), ...members.flat().map(encode)]);
}

function control(type: number, size: number): Buffer {
  const length = size < 29 ? [size] : [29, size - 29];
  const [first = 0, ...rest] = length;
  return type > 7 ? Buffer.from([first, type - 7, ...rest]) : Buffer.from([(type << 5) | first, ...rest]);
}
