/**
 * `npm run interop`: plays programs that others publish (client libraries, readers of streams, generators), unmodified,
 * against this build, and shows what holds for each (`test/interop`). `-- --help` says how to choose.
 */
import { register } from 'node:module';

register('./typescript-loader.mjs', import.meta.url);
await import('../test/interop/main.ts');
