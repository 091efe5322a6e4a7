import { fileURLToPath } from 'node:url';
import uni from '@dcloudio/vite-plugin-uni';
import { defineConfig } from 'vite';

// From the checkout that this sample stands in; an app of its own has the package `scangate`.
const phone = fileURLToPath(new URL('../../dist/web/phone.mjs', import.meta.url));

export default defineConfig({
  plugins: [(uni.default ?? uni)()],
  resolve: { alias: { 'scangate/phone': phone } },
});
