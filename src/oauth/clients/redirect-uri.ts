const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Why an address may not be registered for redirects (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1); undefined where
 * it may. Web addresses are https, or http on this machine; an app's own scheme is a reversed domain name.
 *
 * @param plainHttp whether http may name any host, as with a gateway that itself is reached so.
 */
export function redirectMistake(address: string, plainHttp: boolean): string | undefined {
  if (!URL.canParse(address)) return 'is not an absolute address';
  const url = new URL(address);
  if (address.includes('#')) return 'must not have a fragment';
  if (url.username !== '' || url.password !== '') return 'must not name a user';
  if (/[^\x21-\x7e]|[\\*]/.test(address))
    return 'must be written out, without spaces, backslashes or wildcards';
  if (/^https?:$/.test(url.protocol) && !/^https?:\/\/[^/]/.test(address))
    return 'must begin with https://, and a host';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:') {
    return plainHttp || LOOPBACK.test(url.hostname) ? undefined : 'must be https';
  }
  return url.protocol.includes('.') ? undefined : 'must be https, or a scheme such as com.example.app';
}

/** Why the gateway may not call an address itself: it must be https, or on this very machine. Undefined where it may. */
export function callMistake(address: string): string | undefined {
  const why = redirectMistake(address, false);
  if (why !== undefined || /^https?:/.test(address)) return why;
  return 'must be https';
}

/** An address on this very machine: its host in front of the port, and what follows. */
const LOOPBACK_ADDRESS = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?((?:[/?].*)?)$/;

/** Whether two redirect addresses on a loopback address differ in nothing but the port (RFC 8252 §7.3). */
export function differInPortAlone(registered: string, asked: string): boolean {
  const [one, other] = [LOOPBACK_ADDRESS.exec(registered), LOOPBACK_ADDRESS.exec(asked)];
  if (one === null || other === null || !URL.canParse(asked)) return false;
  return one[1] === other[1] && one[2] === other[2];
}

/**
 * A redirect address with parameters behind its own query, which stays as it was registered, byte for byte (RFC 6749
 * §3.1.2). What is undefined is left out.
 */
export function withParameters(
  address: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  if (given.length === 0) return address;
  const glue = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&';
  return `${address}${glue}${new URLSearchParams(given).toString()}`;
}
