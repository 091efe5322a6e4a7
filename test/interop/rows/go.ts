import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from '../row.ts';
import { CLIENT_SECRET } from '../stage.ts';
import type { Stage } from '../stage.ts';
import { playWebApp } from '../web-app.ts';

const BUILD_LIMIT_MS = 300_000;

export const goOidc: Row = {
  name: 'x/oauth2 and go-oidc',
  kind: 'client',
  source: {
    from: 'Debian',
    packages: ['golang-github-coreos-go-oidc-dev', 'golang-golang-x-oauth2-dev', 'golang-go'],
  },
  settings: '`pkce: "optional"`: its sample sends a nonce, and no PKCE',
  registers: (here) => ({
    redirect_uris: [`${here}/callback`],
    client_secret: CLIENT_SECRET,
    scangate: { pkce: 'optional' },
  }),
  async open(stage) {
    await stage.start(await build(stage), 'go-oidc.go');
    return playWebApp(stage, { has: ['refreshes'] });
  },
};

/** Debian has the sources of Go's libraries alone; the path of the program made of them. */
async function build({ place, copy }: Stage): Promise<string> {
  const program = join(place.folder, 'go-oidc');
  const env = {
    ...process.env,
    ...place.env,
    GO111MODULE: 'off',
    CGO_ENABLED: '0',
    GOROOT: place.file('usr/lib/go'),
    GOPATH: place.file('usr/share/gocode'),
    GOCACHE: join(place.folder, 'built'),
  };
  const args = ['build', '-o', program, copy('go-oidc.go')];
  await promisify(execFile)(place.file('usr/lib/go/bin/go'), args, { env, timeout: BUILD_LIMIT_MS });
  return program;
}
