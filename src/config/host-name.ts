/** An address to listen on, as the host name of a URL has it. */
export function hostNameOf(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host.toLowerCase();
}

/** Whether a host name of a URL is this machine's own. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/** Whether a host name of a URL is an address of a private or link-local network (RFC 1918, RFC 4193, RFC 3927). */
export function isPrivate(host: string): boolean {
  return (
    /^10(\.\d{1,3}){3}$/.test(host) ||
    /^192\.168(\.\d{1,3}){2}$/.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/.test(host) ||
    /^169\.254(\.\d{1,3}){2}$/.test(host) ||
    /^\[f[cd][0-9a-f]{2}:/.test(host) ||
    /^\[fe[89ab][0-9a-f]:/.test(host)
  );
}
