/** A path of this site, whatever the text says. */
export function localPath(text: string | undefined): string {
  const base = 'http://here.invalid';
  if (text === undefined || !text.startsWith('/') || !URL.canParse(text, base)) return '/device';
  const url = new URL(text, base);
  return url.origin === base ? url.pathname.replace(/^\/+/, '/') + url.search : '/device';
}
