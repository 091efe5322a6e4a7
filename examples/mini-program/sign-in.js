/* A WeChat mini program as the phone. uni-app is the same with `uni` in the place of `wx`. */
import { programTransport, scangatePhone } from 'scangate/phone';

/**
 * @param wx the mini program's own `wx`; the gateway must be among its request domains.
 * @param gateway the gateway's public address.
 * @param credential asks the app's own server for the user's JWT, anew where `refused`.
 */
export function makePhone({ wx, gateway, credential }) {
  return scangatePhone({
    gateway,
    credential,
    transport: programTransport((options) => wx.request(options)),
  });
}

/** Opens the camera and scans what it read. */
export async function scanWithCamera({ wx, phone }) {
  const text = await new Promise((resolve, reject) => {
    wx.scanCode({ scanType: ['qrCode'], success: ({ result }) => resolve(result), fail: reject });
  });
  const code = phone.read(text);
  if (code === undefined) throw new Error('This is no code to sign in with.');
  return phone.scan(code);
}

/** What stands on the page; `setData` of a page takes it. */
export function shownIn(request) {
  const { client, browser, userCode, asksNumber } = request.shown;
  return {
    client: client.name,
    domain: client.domain,
    unverified: !client.isVerified,
    from: browser.place ?? browser.address,
    otherNetwork: !browser.isSameNetwork,
    userCode: userCode ?? '',
    asksNumber,
    secondsLeft: Math.ceil(request.leftMs() / 1000),
  };
}
