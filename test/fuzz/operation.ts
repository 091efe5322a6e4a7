import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

/** A JSON Schema as `openapi.yaml` has it, without references. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

/** One row of `openapi.yaml`: what may be sent there. */
export interface Operation {
  readonly method: string;
  /** With its holes: `/v1/tickets/{id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly type: string; readonly schema: Schema } | undefined;
  /** Names of security schemes; none: it is public. */
  readonly security: readonly string[];
}

interface Row {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

const file = resolve(import.meta.dirname, '../../openapi.yaml');
const DEEPEST = 8;

/** Every operation that the document knows. */
export function readOperations(): readonly Operation[] {
  const document = parse(readFileSync(file, 'utf8')) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Row>>>>;
  };
  return Object.entries(document.paths).flatMap(([path, rows]) =>
    Object.entries(rows).map(([method, row]) => {
      const [type, content] = Object.entries(row.requestBody?.content ?? {})[0] ?? [];
      return {
        method: method.toUpperCase(),
        path,
        parameters: (row.parameters ?? []).map((one) => followed(document, one) as Parameter),
        body:
          type === undefined ? undefined : { type, schema: followed(document, content!.schema) as Schema },
        security: (row.security ?? []).flatMap((one) => Object.keys(one)),
      };
    }),
  );
}

/** A part of the document with what its references lead to in their places. */
function followed(document: object, part: unknown, depth = 0): unknown {
  if (typeof part !== 'object' || part === null || depth > DEEPEST) return part;
  if (Array.isArray(part)) return part.map((one) => followed(document, one, depth + 1));
  const { $ref } = part as { readonly $ref?: string };
  if ($ref !== undefined) {
    const target = $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document);
    return followed(document, target, depth + 1);
  }
  return Object.fromEntries(
    Object.entries(part).map(([name, one]) => [name, followed(document, one, depth + 1)]),
  );
}
