import { statSync } from 'node:fs';

/**
 * What changes when one of these files does: of what a link leads to, for Kubernetes swaps a link. Taken before a file is
 * read, so that a change in between is seen at the next look. One that is gone for a moment is a change too.
 */
export function stampsOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { ino, mtimeMs, ctimeMs, size } = statSync(file);
        return `${ino} ${mtimeMs} ${ctimeMs} ${size}`;
      } catch (error) {
        return String((error as NodeJS.ErrnoException).code);
      }
    })
    .join();
}
