/** What was played already, beside the copy: for `--resume`. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Outcomes of the same sources, by `outcomeKey`; nothing where the sources are others.
 *
 * @returns {Record<string, object>}
 */
export function readPlayed(path, sources) {
  if (!existsSync(path)) return {};
  const kept = JSON.parse(readFileSync(path, 'utf8'));
  return kept.sources === sources ? kept.outcomes : {};
}

export function keepPlayed(path, sources, outcomes) {
  writeFileSync(`${path}.next`, JSON.stringify({ sources, outcomes }, undefined, 1));
  renameSync(`${path}.next`, path);
}
