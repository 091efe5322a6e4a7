/** The parameters of an address's query, of a name given twice the last; what cannot be read is left out. */
export function queryOf(search: string): Record<string, string> {
  const query: Record<string, string> = {};
  search
    .replace(/^\?/, '')
    .split('&')
    .forEach((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) return;
      try {
        query[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1).replace(/\+/g, ' '));
      } catch {
        // Apps add parameters of their own to links, in whatever encoding.
      }
    });
  return query;
}

/** Fields as a form sends them. Their names need no escapes. */
export function formOf(fields: Readonly<Record<string, string>>): string {
  return Object.keys(fields)
    .map((name) => name + '=' + encodeURIComponent(fields[name] ?? ''))
    .join('&');
}
