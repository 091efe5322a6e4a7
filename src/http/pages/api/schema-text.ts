import { nameOf } from './api-document.ts';
import type { ApiSchema } from './api-document.ts';

const INDENT = '  ';

/** A schema in the notation of TypeScript's types, its descriptions behind the members they belong to. */
export function schemaText(schema: ApiSchema, indent = ''): string {
  if (schema.$ref !== undefined) return nameOf({ $ref: schema.$ref });
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((choice) => schemaText(choice, indent)).join(' | ');
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.items !== undefined) return `${grouped(schemaText(schema.items, indent))}[]`;
  if (schema.properties !== undefined) return objectText(schema, schema.properties, indent);
  const { type = 'any', format } = schema;
  const name = typeof type === 'string' ? type : type.join(' | ');
  return format === undefined ? name : `${name} (${format})`;
}

function objectText(
  { required = [] }: ApiSchema,
  properties: Readonly<Record<string, ApiSchema>>,
  indent: string,
): string {
  const inner = indent + INDENT;
  const lines = Object.entries(properties).map(([name, member]) => {
    const mark = required.includes(name) ? '' : '?';
    const note = member.description === undefined ? '' : `  // ${member.description}`;
    return `${inner}${name}${mark}: ${schemaText(member, inner)}${note}`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

function grouped(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}
