/** Where the files of a release come from, as a statement of in-toto with the predicate of SLSA. Nobody has signed it. */

const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATE = 'https://slsa.dev/provenance/v1';
const BUILD = 'urn:scangate:npm-run-release:v1';

/**
 * @param {{ version: string, commit: string, source: string | undefined, lock: string, tools: Record<string, string>,
 *   files: readonly { name: string, sha256: string }[], startedOn: string, finishedOn: string, env: NodeJS.ProcessEnv }} given
 *   `commit` is the one that was built, `source` the repository's address, undefined where it is not known, `lock` the SHA-256 of package-lock.json
 */
export function provenance({ version, commit, source, lock, tools, files, startedOn, finishedOn, env }) {
  return {
    _type: STATEMENT,
    subject: files.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: PREDICATE,
    predicate: {
      buildDefinition: {
        buildType: BUILD,
        externalParameters: { version },
        internalParameters: tools,
        resolvedDependencies: [
          {
            ...(source === undefined ? { name: 'source' } : { uri: `git+${source}` }),
            digest: { gitCommit: commit },
          },
          { name: 'package-lock.json', digest: { sha256: lock } },
        ],
      },
      runDetails: {
        builder: { id: builderOf(env) },
        metadata: { startedOn, finishedOn },
      },
    },
  };
}

/** The address that package.json gives, undefined where it gives none; never that of a remote, which may say more than others are to know. */
export function sourceOf({ repository }) {
  const address = typeof repository === 'string' ? repository : repository?.url;
  return address?.replace(/^git\+/, '');
}

/** The workflow that ran it, or a machine of somebody's. */
function builderOf(env) {
  const { GITHUB_SERVER_URL: server, GITHUB_WORKFLOW_REF: workflow } = env;
  return server === undefined || workflow === undefined ? 'urn:scangate:by-hand' : `${server}/${workflow}`;
}
