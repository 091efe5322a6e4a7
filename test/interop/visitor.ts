import type { Ending } from '../oauth/sign-in-page.ts';

/** A person's browser at a web application. */
export interface Visitor {
  /** Begins a sign-in at the application, ends it at the gateway, and comes back; what the application shows then. */
  signIn(name: string, ending: Ending): Promise<string>;
  /** What the application shows at one of its addresses; empty where it sends the visitor to the gateway. */
  open(path: string): Promise<string>;
  /** Follows one of the application's addresses to the gateway and back; the address where that ends. */
  goThrough(path: string): Promise<string>;
  close(): Promise<void>;
}

/** How a sign-in begins at a web application. */
export interface Beginning {
  readonly login: string;
  /** What a person presses there. */
  readonly press?: string | undefined;
  /** Begins one without a browser; the address at the gateway. */
  readonly begin?: ((open: PlainOpen) => Promise<string>) | undefined;
  /** Whether answers come by form. */
  readonly byForm: boolean;
}

/** Opens an address and follows redirects, up to the gateway; the address there, else what is shown. */
export type PlainOpen = (address: string, body?: URLSearchParams) => Promise<string>;
