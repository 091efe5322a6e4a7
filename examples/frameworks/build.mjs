/** Builds the three pages' scripts into `dist/`. A project of its own has Vite or webpack here; the components are the same. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compile } from 'svelte/compiler';
import { compileScript, parse } from 'vue/compiler-sfc';

const vue = {
  name: 'vue',
  setup({ onLoad }) {
    onLoad({ filter: /\.vue$/ }, async ({ path }) => {
      const { descriptor } = parse(await readFile(path, 'utf8'), { filename: path });
      // What tells Vue that the tag is no component of its own: in Vite it stands under `vue({ template: … })`.
      const templateOptions = { compilerOptions: { isCustomElement: (tag) => tag === 'scan-login' } };
      const { content } = compileScript(descriptor, { id: path, inlineTemplate: true, templateOptions });
      return { contents: content, loader: 'js' };
    });
  },
};

const svelte = {
  name: 'svelte',
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const { js } = compile(await readFile(path, 'utf8'), { filename: path, generate: 'client' });
      return { contents: js.code, loader: 'js' };
    });
  },
};

await build({
  absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
  entryPoints: { react: 'react/main.jsx', vue: 'vue/main.js', svelte: 'svelte/main.js' },
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  minify: true,
  jsx: 'automatic',
  conditions: ['svelte'],
  define: {
    'process.env.NODE_ENV': '"production"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  plugins: [vue, svelte],
  logLevel: 'warning',
});
