/** The programs that tests need, found or fetched by `scripts/find-tools.mjs`. */
export type ToolName =
  | 'redis-server'
  | 'chromium-headless-shell'
  | 'nginx'
  | 'haproxy'
  | 'caddy'
  | 'prometheus'
  | 'promtool'
  | 'prometheus-alertmanager'
  | 'kubectl'
  | 'docker-compose'
  | 'rsyslogd'
  | 'pg_ctl';

interface FindTools {
  readonly findTool: (name: ToolName) => Promise<string>;
}

const { findTool } = (await import(
  new URL('../../scripts/find-tools.mjs', import.meta.url).href
)) as FindTools;

/** The path of a program; a test that cannot have it fails with one line that says how to get it. */
export function tool(name: ToolName): Promise<string> {
  return findTool(name);
}
