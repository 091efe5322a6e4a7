import { join } from 'node:path';
import { playGenerated } from '../generated.ts';
import type { Generated } from '../generated.ts';
import type { Row } from '../row.ts';

/** What compiles and runs what they make. */
const AROUND = { typescript: '5.9.3', esbuild: '0.27.0', '@types/node': '20.19.43' };

function generator(
  name: string,
  packages: Readonly<Record<string, string>>,
  generated: Generated,
  settings = '',
): Row {
  return {
    name,
    kind: 'generator',
    source: { from: 'npm', packages: { ...packages, ...AROUND } },
    settings,
    open: (stage) => Promise.resolve(playGenerated(stage, generated)),
  };
}

export const GENERATORS: readonly Row[] = [
  generator(
    'openapi-typescript',
    { 'openapi-typescript': '7.13.0', 'openapi-fetch': '0.17.0' },
    {
      command: ({ place }, document) => [
        'openapi-typescript',
        document,
        '-o',
        join(place.folder, 'api/api.ts'),
      ],
      program: 'with-openapi-fetch.ts',
    },
    'called with openapi-fetch',
  ),
  generator(
    'hey-api',
    { '@hey-api/openapi-ts': '0.88.0' },
    {
      command: ({ place }, document) => ['openapi-ts', '-i', document, '-o', join(place.folder, 'api')],
      program: 'with-hey-api.ts',
    },
  ),
  generator(
    'orval',
    { orval: '7.13.0' },
    {
      command: () => ['orval', '--config', './orval.config.cjs'],
      settings: 'orval.config.cjs',
      program: 'with-orval.ts',
    },
    '`client: "fetch"`',
  ),
];
