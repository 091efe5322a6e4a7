import type { Config } from '../../config/config.ts';
import { wechatIssuer } from '../../phone/wechat/issuer.ts';
import type { User } from '../../ticket/events.ts';

/** Who a source and subject are, by the issuers that are set. */
export function knownUsers(
  config: Config,
  { source, subject }: Pick<User, 'source' | 'subject'>,
): readonly User[] {
  return issuersOf(config, source).map((issuer) => ({ source, issuer, subject }));
}

function issuersOf(config: Config, source: string): readonly string[] {
  const known: Readonly<Record<string, readonly (string | undefined)[]>> = {
    demo: ['demo'],
    jwt: [config.SCANGATE_PHONE_JWT_ISSUER],
    oidc: [config.SCANGATE_PHONE_OIDC_ISSUER],
    wechat: wechatIssuers(config),
  };
  return (known[source] ?? []).filter((issuer) => issuer !== undefined);
}

function wechatIssuers(config: Config): readonly string[] {
  const subject = config.SCANGATE_PHONE_WECHAT_SUBJECT;
  return [config.SCANGATE_PHONE_WECHAT_APP_ID, config.SCANGATE_PHONE_WECHAT_WEB_APP_ID]
    .filter((appId) => appId !== undefined)
    .map((appId) => wechatIssuer(subject, appId));
}
