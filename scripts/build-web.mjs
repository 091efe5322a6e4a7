import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { transform } from '@swc/core';
import { parse } from 'acorn';

const run = promisify(execFile);
const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const webDir = join(projectDir, 'src/web');
const clientEntry = join(webDir, 'client/client.ts');
const banner = '/*! Scangate, Apache-2.0 */\n';

/** A style sheet's text as a module's one export, so that the client can carry it. */
function styleModule(css) {
  const text = css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .trim();
  return `export const styles = ${JSON.stringify(text)};\n`;
}

async function loadModule(file) {
  const source = await readFile(file, 'utf8');
  if (file.endsWith('.css')) return styleModule(source);
  const { code } = await transform(source, {
    filename: file,
    configFile: false,
    swcrc: false,
    isModule: true,
    jsc: { target: 'es2020', parser: { syntax: 'typescript' }, transform: { verbatimModuleSyntax: true } },
  });
  return code;
}

function namesOf(node) {
  if (node.type === 'VariableDeclaration') return node.declarations.map((one) => one.id.name);
  return node.id ? [node.id.name] : [];
}

/** The variable that holds what a module exports. */
function holderOf(file) {
  return '$' + relative(webDir, file).replace(/[^a-z0-9]+/gi, '_');
}

/** A module as one expression, its imports read from their holders: its text, what it exports, which it needs. */
function wrap(code, file) {
  const tree = parse(code, { ecmaVersion: 2022, sourceType: 'module' });
  const wrapped = { text: '', exported: [], needs: [] };
  const taken = new Map();
  let body = '';
  const take = (node) => {
    const needed = resolve(dirname(file), node.source.value);
    wrapped.needs.push(needed);
    for (const one of node.specifiers) {
      const [there, here] = [one.imported?.name ?? one.local.name, one.local.name];
      if (there !== here) throw new Error(`${file}: the bundler does not know a renamed ${there}`);
      taken.set(here, `const ${here} = ${holderOf(needed)}.${there};\n`);
    }
  };
  for (const node of tree.body) {
    if (node.type === 'ImportDeclaration') {
      take(node);
    } else if (node.type === 'ExportNamedDeclaration' && node.source) {
      take(node);
      wrapped.exported.push(...node.specifiers.map((one) => one.local.name));
    } else if (node.type === 'ExportNamedDeclaration' && node.declaration) {
      wrapped.exported.push(...namesOf(node.declaration));
      body += code.slice(node.declaration.start, node.declaration.end) + '\n';
    } else if (node.type.startsWith('Export')) {
      if (node.specifiers?.length !== 0) throw new Error(`${file}: the bundler does not know ${node.type}`);
    } else {
      body += code.slice(node.start, node.end) + '\n';
    }
  }
  const members = wrapped.exported.join(', ');
  const head = [...taken.values()].join('');
  wrapped.text = `const ${holderOf(file)} = (() => {\n${head}${body}return { ${members} };\n})();\n`;
  return wrapped;
}

/** All modules behind an entry, dependencies first, each in a scope of its own. */
async function bundle(entry) {
  const seen = new Set();
  let body = '';
  let exported = [];
  const visit = async (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const module = wrap(await loadModule(file), file);
    for (const needed of module.needs) await visit(needed);
    body += module.text;
    if (file === entry) exported = module.exported;
  };
  await visit(entry);
  return { body, exported, holder: holderOf(entry) };
}

async function toEs5(script, name) {
  const { code } = await transform(script, {
    filename: name,
    configFile: false,
    swcrc: false,
    isModule: false,
    minify: true,
    jsc: {
      target: 'es5',
      parser: { syntax: 'ecmascript' },
      loose: true,
      externalHelpers: false,
      minify: { compress: { ecma: 5 }, mangle: true, ecma: 5, format: { ecma: 5, asciiOnly: true } },
    },
  });
  parse(code, { ecmaVersion: 5, sourceType: 'script' });
  return banner + code + '\n';
}

async function buildClient(outDir) {
  const { body, exported, holder } = await bundle(clientEntry);
  const names = exported.join(', ');
  const address = `const scangateScript = import.meta.url;\n`;
  await writeFile(
    join(outDir, 'client.mjs'),
    `${banner}${address}${body}export const { ${names} } = ${holder};\n`,
  );
  const loaded = 'typeof document === "undefined" ? undefined : document.currentScript?.src';
  const script = `var Scangate = (function () {\nconst scangateScript = ${loaded};\n${body}return ${holder};\n})();\n`;
  await writeFile(join(outDir, 'client.js'), await toEs5(script, 'client.js'));
  const css = await readFile(join(webDir, 'client/scan-login.css'), 'utf8');
  await writeFile(join(outDir, 'client.css'), css);
}

/** What an app takes as the phone: one module without a page. */
async function buildPhone(outDir) {
  const { body, exported, holder } = await bundle(join(webDir, 'phone/phone.ts'));
  const names = exported.join(', ');
  await writeFile(join(outDir, 'phone.mjs'), `${banner}${body}export const { ${names} } = ${holder};\n`);
}

async function buildPages(outDir) {
  const pagesDir = join(webDir, 'pages');
  const entries = await readdir(pagesDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  await cp(join(pagesDir, 'texts'), join(outDir, 'pages/texts'), { recursive: true });
  for (const name of names) {
    const file = join(pagesDir, name);
    if (!name.endsWith('.ts')) {
      await cp(file, join(outDir, /\.(css|svg)$/.test(name) ? name : join('pages', name)));
      continue;
    }
    if (!names.includes(name.replace(/\.ts$/, '.html'))) continue;
    const { body } = await bundle(file);
    const script = name.replace(/\.ts$/, '.js');
    await writeFile(join(outDir, script), await toEs5(`(function () {\n${body}\n})();\n`, script));
  }
}

/** The page for operators, on their listener alone: their browsers are of today. */
async function buildOperators(outDir) {
  const from = join(webDir, 'operators');
  const to = join(outDir, 'operators');
  await mkdir(to, { recursive: true });
  const names = (await readdir(from)).filter((name) => /\.(html|css)$/.test(name));
  await Promise.all(names.map((name) => cp(join(from, name), join(to, name))));
  await cp(join(webDir, 'pages/icon.svg'), join(to, 'icon.svg'));
  const { body } = await bundle(join(from, 'page.ts'));
  await writeFile(join(to, 'page.js'), `${banner}(() => {\n${body}})();\n`);
}

async function declareTypes(outDir) {
  const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
  const args = [
    join(dirname(tsc), 'bin/tsc'),
    '-p',
    join(projectDir, 'tsconfig.web.json'),
    '--outDir',
    outDir,
  ];
  await run(process.execPath, args).catch((error) => {
    throw new Error(`src/web has type errors:\n${error.stdout}`);
  });
}

/**
 * Builds `src/web` into a folder: `client.mjs`, `client.js` (one classic script in the syntax of ES5, global `Scangate`),
 * `client.css`, `phone.mjs`, one classic script a page, the style sheets, under `pages/` the templates and their texts, and
 * under `operators/` the page for operators.
 *
 * @param {{ declares?: boolean }} [options] without declarations no types are checked
 */
export async function buildWeb(outDir = join(projectDir, 'dist/web'), { declares = true } = {}) {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(join(outDir, 'pages'), { recursive: true });
  await Promise.all([
    ...(declares ? [declareTypes(outDir)] : []),
    buildClient(outDir),
    buildPhone(outDir),
    buildPages(outDir),
    buildOperators(outDir),
  ]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) await buildWeb();
