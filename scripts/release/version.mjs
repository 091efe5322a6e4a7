/** Which number a release may have. */

const SHAPE = /^(\d+)\.(\d+)\.(\d+)$/;

/**
 * @param {string} version of the release @param {string} before the one that stands in package.json
 * @param {readonly string[]} tags those that there are
 * @throws Error with one line, where it may not
 */
export function mustFollow(version, before, tags) {
  const next = SHAPE.exec(version);
  if (next === null) throw new Error(`${version} is no number of a release, as 0.2.0 is`);
  if (tags.includes(`v${version}`)) throw new Error(`there is a tag v${version} already`);
  const steps = SHAPE.exec(before)
    .slice(1)
    .map((part, index) => Number(next[index + 1]) - Number(part));
  const first = steps.find((step) => step !== 0) ?? 0;
  // The number in package.json may itself be still to be released.
  if (first < 0) throw new Error(`${version} comes before ${before}, which package.json has`);
}
