import type { Client } from '../../oauth/clients/client.ts';
import { contrast } from '../../oauth/clients/client-looks.ts';

/** The path of a client's logo here; undefined where it has none. */
export function logoPath(client: Client | undefined): string | undefined {
  return client?.logo_uri === undefined ? undefined : `/clients/${encodeURIComponent(client.client_id)}/logo`;
}

/** What a page is filled with to look like a client's. */
export function looksOf(client: Client | undefined): {
  readonly logo_url: string | undefined;
  readonly colors_url: string | undefined;
} {
  const colored = client?.policy.colors !== undefined;
  return {
    logo_url: logoPath(client),
    colors_url: colored ? `/clients/${encodeURIComponent(client.client_id)}/colors.css` : undefined,
  };
}

/** A client's colours as a style sheet after `page.css`. */
export function colorSheet({ policy: { colors } }: Client): string {
  const { light, dark } = colors ?? {};
  return (
    (light === undefined ? '' : `@media not all and (prefers-color-scheme: dark) {\n${rule(light)}}\n`) +
    (dark === undefined ? '' : `@media (prefers-color-scheme: dark) {\n${rule(dark)}}\n`)
  );
}

/** What is written on the colour is black or white: one of them can always be read. */
function rule(accent: string): string {
  const on = contrast(accent, '#ffffff') >= contrast(accent, '#000000') ? '#ffffff' : '#000000';
  const both = `--accent: ${accent}; --on-accent: ${on};`;
  return `  :root { ${both} ${both.replaceAll('--', '--scangate-')} }\n`;
}
