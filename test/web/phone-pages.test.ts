import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

/** A schema as far as a type can be held against it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly post?: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const { paths, components } = parse(read('openapi.yaml')) as Document;
const { schemas } = components;
const page = read('docs/phones.md');

/** One member of a type: `expires_in_ms: Int`, optional where it may be absent. */
interface Member {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
}

interface Language {
  /** The members of each type of an answer. */
  readonly types: RegExp;
  readonly member: RegExp;
  /** The language's words for a list and the types of JSON. */
  readonly list: RegExp;
  readonly words: Readonly<Record<string, string>>;
  /** A place of an address that the program fills. */
  readonly hole: RegExp;
  /** A member of a body that is sent. */
  readonly sent: RegExp;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  swift: {
    types: /^struct (\w+): Decodable(?:, Error)? \{([^}]*)\}/gm,
    member: /(\w+): ([\w[\]]+)(\?)?/g,
    list: /^\[(\w+)\]$/,
    words: { String: 'string', Int: 'integer', Bool: 'boolean' },
    hole: /\\\([\w.]+\)/,
    sent: /\["(\w+)"(?:: |\] = )/g,
  },
  kotlin: {
    types: /^@Serializable data class (\w+)\(([^)]*)\)/gm,
    member: /val (\w+): ([\w<>]+)(\?)?/g,
    list: /^List<(\w+)>$/,
    words: { String: 'string', Int: 'integer', Boolean: 'boolean' },
    hole: /\$\{[\w.]+\}/,
    sent: /(?:Of\(|\[)"(\w+)"(?: to |\] = )/g,
  },
};

/** Where a type's schema stands that has no name of its own. */
const WITHIN: Readonly<Record<string, Schema | undefined>> = {
  Client: schemas['Scanned']?.properties?.['client'],
  Browser: schemas['Scanned']?.properties?.['browser'],
};

const BODY = 'application/json';

describe.each(Object.entries(LANGUAGES))('what docs/phones.md has in %s', (name, language) => {
  const code = new RegExp(`\`\`\`${name}\\n([^\`]*)\`\`\``).exec(page)?.[1] ?? '';
  const types = [...code.matchAll(language.types)].map(
    ([, type = '', members = '']) => [type, membersOf(members, language)] as const,
  );

  test('has every type that it decodes', () => {
    expect(types.map(([type]) => type)).toEqual([
      'Scanned',
      'Client',
      'Browser',
      'Release',
      'Decided',
      'Problem',
    ]);
  });

  test.each(types)('%s has members of openapi.yaml, absent where they may be', (type, members) => {
    const schema = schemas[type] ?? WITHIN[type];
    expect(members.length).toBeGreaterThan(1);
    for (const { name: member, type: told, isOptional } of members) {
      const known = schema?.properties?.[member];
      expect([type, member, wordOf(known)]).toEqual([type, member, saidBy(told, language)]);
      expect([type, member, isOptional]).toEqual([type, member, schema?.required?.includes(member) !== true]);
    }
  });

  test('calls addresses that there are, with bodies that they take', () => {
    const called = [...code.matchAll(/post\("([^"]*)"/g)].map(([, path = '']) =>
      path.replace(language.hole, '{id}'),
    );
    expect(called).toEqual(['/v1/scans', '/v1/tickets/{id}/confirm', '/v1/tickets/{id}/deny']);
    const taken = called.flatMap((path) => {
      const schema = paths[path]?.post?.requestBody?.content[BODY]?.schema;
      return Object.keys(schema?.properties ?? {});
    });
    const sent = [...code.matchAll(language.sent)].map(([, member = '']) => member);
    expect(new Set(sent)).toEqual(new Set(['scan_code', 'handshake', 'number']));
    expect(taken).toEqual(expect.arrayContaining(sent));
  });

  test('tries again at the statuses that pass, which each address has', () => {
    const statuses = [...code.matchAll(/status (?:<|!=) (\d{3})/g)].map(([, status = '']) => status);
    expect(statuses).toEqual(['300', '429', '503']);
    for (const path of ['/v1/scans', '/v1/tickets/{id}/confirm', '/v1/tickets/{id}/deny']) {
      const answered = Object.keys(paths[path]?.post?.responses ?? {});
      expect(answered).toEqual(expect.arrayContaining(['200', '429', '503']));
      // What is answered otherwise is thrown as a problem at once.
      expect(answered.every((status) => Number(status) < 300 || Number(status) >= 400)).toBe(true);
    }
  });
});

function membersOf(text: string, { member }: Language): readonly Member[] {
  return [...text.matchAll(member)].map(([, name = '', type = '', optional]) => ({
    name,
    type,
    isOptional: optional !== undefined,
  }));
}

/** A schema in the words of this test: `string`, `[string]`, or the name of an object's type. */
function wordOf(schema: Schema | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const within = Object.keys(WITHIN).find((type) => WITHIN[type] === schema);
  if (within !== undefined) return within;
  const named = schema.$ref?.split('/').at(-1);
  if (named !== undefined) return schemas[named]?.type === 'object' ? named : wordOf(schemas[named]);
  return schema.type === 'array' ? `[${wordOf(schema.items)}]` : schema.type;
}

function saidBy(type: string, language: Language): string {
  const item = language.list.exec(type)?.[1];
  if (item !== undefined) return `[${saidBy(item, language)}]`;
  return language.words[type] ?? type;
}
