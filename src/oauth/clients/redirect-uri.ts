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
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:') {
    return plainHttp || LOOPBACK.test(url.hostname) ? undefined : 'must be https';
  }
  return url.protocol.includes('.') ? undefined : 'must be https, or a scheme such as com.example.app';
}
