import type { User } from '../../ticket/events.ts';

/** Names a user in `sub`. */
export type SubjectOf = (user: User) => string;

/**
 * The rule of `sub`: with one source the subject as it is; with several, `<source>:<subject>`, but for the source named
 * bare. A bare subject that could be taken for another source's is prefixed all the same, so equal subjects of two
 * sources stay two users.
 */
export function subjectRule(sources: readonly string[], bare: string | undefined): SubjectOf {
  const only = sources.length === 1 ? sources[0] : bare;
  return ({ source, subject }) => {
    const looksPrefixed = sources.length > 1 && sources.some((name) => subject.startsWith(`${name}:`));
    return source === only && !looksPrefixed ? subject : `${source}:${subject}`;
  };
}
