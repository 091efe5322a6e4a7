/** Whose word a WeChat subject is: an `openid` is of one application, a `unionid` of all that a company has. */
export function wechatIssuer(subject: 'openid' | 'unionid', appId: string): string {
  return subject === 'unionid' ? 'https://open.weixin.qq.com' : `https://open.weixin.qq.com#${appId}`;
}
