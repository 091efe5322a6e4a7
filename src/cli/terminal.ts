/** Where a command says what it does: to a person, or with `--json` to a program. */
export interface Terminal {
  /** Lines for a person; nothing is said with `--json`. */
  say(text: string): void;
  /** A value for a program, as one line of JSON; only with `--json`. */
  tell(value: unknown): void;
  /** A value for a program that is none of the answer's, as one line of JSON on standard error; only with `--json`. */
  remark(value: unknown): void;
}

/** The exit statuses of all commands. */
export const STATUS = {
  done: 0,
  /** It did not work, or what was looked for is not as it should be. */
  failed: 1,
  /** The call was wrong, and nothing was done. */
  badCall: 2,
} as const;

export type Status = (typeof STATUS)[keyof typeof STATUS];

/** A terminal on standard output, and for remarks on standard error. */
export function terminalOf(
  json: boolean,
  write: (text: string) => void,
  complain: (text: string) => void,
): Terminal {
  return {
    say: (text) => {
      if (!json) write(text);
    },
    tell: (value) => {
      if (json) write(`${JSON.stringify(value)}\n`);
    },
    remark: (value) => {
      if (json) complain(`${JSON.stringify(value)}\n`);
    },
  };
}
