/* Reads QR codes off screenshots, outside the test runner's sandbox, where that takes five times as long. */
import { parentPort } from 'node:worker_threads';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';

parentPort?.on('message', ({ id, png }) => {
  const { data, width, height } = PNG.sync.read(Buffer.from(png));
  const code = jsqr(new Uint8ClampedArray(data), width, height, { inversionAttempts: 'dontInvert' });
  parentPort.postMessage({ id, text: code?.data }, []);
});
