import type { Command, Option } from 'commander';

/** A script by which bash completes commands and options. */
export function bashCompletion(program: Command): string {
  const cases = program.commands.map(
    (command) => `    ${command.name()}) words=${quoted(wordsOf(command))} ;;`,
  );
  const first = [...program.commands.map((command) => command.name()), ...flagsOf(program)].join(' ');
  return `# Completes scangate in bash. Written by: scangate completion bash
_scangate() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -*) ;;
      *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
    '') words=${quoted(first)} ;;
${cases.join('\n')}
    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _scangate scangate
`;
}

/** The same for zsh. */
export function zshCompletion(program: Command): string {
  const commands = program.commands.map((command) => quoted(`${command.name()}:${command.summary()}`));
  const cases = program.commands.map(
    (command) => `    ${command.name()}) _arguments ${specsOf(command).map(quoted).join(' ')} ;;`,
  );
  return `#compdef scangate
# Completes scangate in zsh. Written by: scangate completion zsh
_scangate() {
  if (( CURRENT == 2 )); then
    local -a commands=(
      ${commands.join('\n      ')}
    )
    _describe command commands
    _arguments ${optionsOf(program).map(specOf).map(quoted).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _scangate ]; then _scangate "$@"; else compdef _scangate scangate; fi
`;
}

function wordsOf(command: Command): string {
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return [...choices, ...flagsOf(command)].join(' ');
}

function flagsOf(command: Command): readonly string[] {
  return optionsOf(command).flatMap(({ long }) => long ?? []);
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

function specsOf(command: Command): readonly string[] {
  const choices = command.registeredArguments.flatMap(({ argChoices }, index) =>
    argChoices === undefined ? [] : [`${index + 1}:argument:(${argChoices.join(' ')})`],
  );
  return [...optionsOf(command).map(specOf), ...choices];
}

function specOf(option: Option): string {
  const said = option.description.replaceAll(/[[\]:\\]/g, '\\$&');
  const value = option.required ? ':value:_files' : option.optional ? '::value:_files' : '';
  return `${option.long ?? option.short ?? ''}[${said}]${value}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
