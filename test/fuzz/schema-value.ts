import type { Random } from '../support/random.ts';
import type { Schema } from './operation.ts';

const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');

/** So many are drawn; longer texts repeat them. */
const DRAWN_MAX = 200;

/** So many characters of base64url. */
export function letters(random: Random, length: number): string {
  const drawn = Array.from({ length: Math.min(length, DRAWN_MAX) }, () => random.pick(URL_SAFE)).join('');
  return drawn.repeat(Math.ceil(length / DRAWN_MAX)).slice(0, length);
}

/**
 * A value that a schema allows, as far as that is easily made.
 *
 * @param known a value for a member of this name, where there is one that means something
 */
export function valueOf(
  schema: Schema,
  random: Random,
  known: (name: string) => unknown = () => undefined,
): unknown {
  const { type, enum: choices, const: only, anyOf, oneOf, allOf, properties, items } = schema;
  if (only !== undefined) return only;
  if (Array.isArray(choices)) return random.pick(choices);
  const parts = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (parts !== undefined) return valueOf(random.pick(parts), random, known);
  if (Array.isArray(allOf))
    return Object.assign({}, ...(allOf as Schema[]).map((one) => valueOf(one, random, known)));
  switch (type) {
    case 'object':
      return objectOf((properties ?? {}) as Readonly<Record<string, Schema>>, schema, random, known);
    case 'array':
      return [valueOf((items ?? {}) as Schema, random, known)];
    case 'boolean':
      return random.chance(0.5);
    case 'integer':
    case 'number':
      return random.between(Number(schema['minimum'] ?? 0), Math.min(Number(schema['maximum'] ?? 100), 1e6));
    default:
      return letters(random, Math.min(Number(schema['maxLength'] ?? 43), 43));
  }
}

function objectOf(
  properties: Readonly<Record<string, Schema>>,
  { required = [] }: Schema,
  random: Random,
  known: (name: string) => unknown,
): Record<string, unknown> {
  const chosen = Object.entries(properties).filter(
    ([name]) => (required as readonly string[]).includes(name) || random.chance(0.6),
  );
  return Object.fromEntries(
    chosen.map(([name, schema]) => [name, known(name) ?? valueOf(schema, random, known)]),
  );
}
