import { readConfig } from '../config/config.ts';
import type { Config } from '../config/config.ts';

/** Reads the environment for a command that serves nobody, and says on standard error what it goes on without. @throws BadSetting */
export function toolConfig(): Config {
  const config = readConfig(process.env, false);
  if (config.withoutSecrets !== undefined) process.stderr.write(`scangate: ${config.withoutSecrets}\n`);
  return config;
}
