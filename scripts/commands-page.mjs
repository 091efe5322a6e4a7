/** `docs/commands.md`, made from the commands of `src/cli`. Imported once the TypeScript loader is registered. */
const { makeProgram } = await import('../src/cli/program.ts');

const INTRODUCTION = `# Commands

<!-- Written by \`npm run docs\` from src/cli. Changes are made there. -->

\`npx scangate <command>\`, or \`node dist/cli/scangate.js <command>\` in a checkout after \`npm run build\`. Settings come from the
environment ([settings.md](settings.md)). \`--help\` says what there is and runs nothing, \`--version\` says the release, and
\`--json\` answers in JSON, one value a line; a command that fails then answers \`{"error": "…"}\`.

Exit status of all commands: \`0\` it worked, \`1\` it did not, \`2\` a wrong call, and nothing was done.
`;

/** The whole page, before it is formatted. */
export function commandsPage() {
  const nowhere = {
    write: () => undefined,
    complain: () => undefined,
    end: () => undefined,
    unread: () => undefined,
  };
  const { commands } = makeProgram('', nowhere);
  const rows = commands.map(
    (command) => `| [\`${command.name()}\`](#${command.name()}) | ${command.summary()} |`,
  );
  return [INTRODUCTION, '| command | |', '|---|---|', ...rows, '', ...commands.map(sectionOf)].join('\n');
}

function sectionOf(command) {
  const options = command.options.filter(({ long }) => long !== '--version');
  const rows = options.map(({ flags, description, defaultValue, envVar }) => {
    const initial = defaultValue === undefined || defaultValue.length === 0 ? '' : ` (\`${defaultValue}\`)`;
    const variable = envVar === undefined ? '' : `; or the variable \`${envVar}\``;
    return `| \`${flags}\` | ${description}${initial}${variable} |`;
  });
  const call = [
    'scangate',
    command.name(),
    ...command.registeredArguments.map((one) => (one.required ? `<${nameOf(one)}>` : `[${nameOf(one)}]`)),
  ];
  return [
    `## ${command.name()}`,
    `\`${call.join(' ')}\``,
    command.description().split('\n\n').map(capitalised).join(' '),
    ['| option | |', '|---|---|', ...rows].join('\n'),
    '',
  ].join('\n\n');
}

function nameOf(argument) {
  return argument.argChoices?.join('|') ?? argument.name();
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
