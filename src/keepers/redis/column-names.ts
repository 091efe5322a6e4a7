import { hash } from 'node:crypto';
import type { Column } from '../../record/entry/entry.ts';

/** How many are remembered: a ticket comes again within seconds, a client and a kind always. */
const REMEMBERED_MAX = 4096;

/** The names of what entries are found by: they do not say the value. Those that were hashed last are remembered. */
export class ColumnNames {
  readonly #remembered = new Map<string, string>();

  of({ name, value }: Column): string {
    const known = this.#remembered.get(`${name}:${value}`);
    if (known !== undefined) return known;
    const made = `${name}:${hash('sha256', value, 'base64url').slice(0, 16)}`;
    this.#remembered.set(`${name}:${value}`, made);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
    return made;
  }
}
