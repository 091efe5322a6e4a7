import { existsSync, readFileSync } from 'node:fs';

/** This release's number, as the package's manifest has it; `unknown` where a build stands without one. */
export function version(): string {
  const manifest = new URL('../../package.json', import.meta.url);
  if (!existsSync(manifest)) return 'unknown';
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}
