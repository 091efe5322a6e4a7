type Info = Readonly<Record<string, string>>;

/** One connection, on which commands are answered in their order; an error is answered by its first word. */
export interface TrioClient {
  call(...args: readonly (string | number)[]): Promise<unknown>;
}

/** Three servers, numbered from 0: real ones, or those of a simulation. */
export interface Trio {
  connect(server: number): Promise<TrioClient>;
  /** Makes a server follow another one, or be a master. */
  follow(server: number, master: number | undefined): Promise<void>;
  freeze(server: number): void;
  thaw(server: number): void;
  kill(server: number): Promise<void>;
  /** Starts a killed one anew, with nothing. */
  restart(server: number): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Waits for what a promise brings, while time goes by. */
  wait<T>(promise: Promise<T>): Promise<T>;
  /** The fields of `INFO replication`. */
  info(server: number): Promise<Info>;
  /** Waits until a server says that of itself. */
  until(server: number, what: string, holds: (info: Info) => boolean): Promise<void>;
  close(): Promise<void>;
}

export const WITHIN_MS = 15_000;

/** The first word of an error. */
export function codeOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split(' ', 1)[0] ?? '';
}
