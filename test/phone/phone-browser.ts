/** A browser as far as redirects, cookies and forms go. */
export class PhoneBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #agent: string;

  constructor(agent = 'Phone') {
    this.#agent = agent;
  }

  /** The last address that was asked for. */
  address = '';

  /** Opens an address and follows redirects; stops before one that `stopAt` names, and answers that address. */
  async open(
    address: string,
    body?: URLSearchParams,
    stopAt?: (address: string) => boolean,
  ): Promise<string> {
    let next: { address: string; body: URLSearchParams | undefined } = { address, body };
    for (let count = 0; count < 15; count += 1) {
      this.address = next.address;
      if (stopAt?.(next.address) === true) return next.address;
      const response = await fetch(next.address, {
        method: next.body === undefined ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { cookie: this.#cookieOf(next.address), 'user-agent': this.#agent },
        ...(next.body === undefined ? {} : { body: next.body }),
      });
      this.#keep(next.address, response.headers.getSetCookie());
      const location = response.headers.get('location');
      if (location === null) return await response.text();
      next = { address: new URL(location, next.address).href, body: undefined };
    }
    throw new Error('too many redirects');
  }

  /** The cookie header that goes to an address. */
  cookies(address: string): string {
    return this.#cookieOf(address);
  }

  #cookieOf(address: string): string {
    const { origin, pathname } = new URL(address);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    return [...jar]
      .filter(([key]) => pathname.startsWith(key.slice(key.indexOf(' ') + 1)))
      .map(([key, value]) => `${key.slice(0, key.indexOf(' '))}=${value}`)
      .join('; ');
  }

  #keep(address: string, lines: readonly string[]): void {
    const { origin } = new URL(address);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
      const at = pair.indexOf('=');
      const gone = attributes.some(
        (part) => /^max-age=0$/i.test(part) || /^expires=Thu, 01 Jan 1970/i.test(part),
      );
      if (gone) jar.delete(`${pair.slice(0, at)} ${path}`);
      else jar.set(`${pair.slice(0, at)} ${path}`, pair.slice(at + 1));
    }
  }
}
