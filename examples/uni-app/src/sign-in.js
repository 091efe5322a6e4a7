/* A uni-app as the phone: what its page calls. */
import { programTransport, scangatePhone } from 'scangate/phone';

/**
 * @param uni uni-app's own `uni`; on mini programs the gateway must be among the request domains.
 * @param gateway the gateway's public address.
 * @param credential asks the app's own server for the user's JWT, anew where `refused`.
 */
export function makePhone({ uni, gateway, credential }) {
  return scangatePhone({
    gateway,
    credential,
    transport: programTransport((options) => uni.request(options)),
  });
}

/** Opens the camera and scans what it read. Pages of H5 have none: there the code, or its address, is typed. */
export async function scanWithCamera({ uni, phone }) {
  const text = await new Promise((resolve, reject) => {
    if (uni.scanCode === undefined)
      uni.showModal({
        title: 'The code',
        editable: true,
        success: ({ content }) => resolve(content ?? ''),
        fail: reject,
      });
    else uni.scanCode({ scanType: ['qrCode'], success: ({ result }) => resolve(result), fail: reject });
  });
  const code = phone.read(text);
  if (code === undefined) throw new Error('This is no code to sign in with.');
  return phone.scan(code);
}

/** What the page shows of a request. */
export function shownIn(request) {
  const { client, browser, userCode, asksNumber, isSameDevice, release, needsFreshSignIn } = request.shown;
  return {
    client: client.name,
    domain: client.domain,
    isVerified: client.isVerified,
    from: browser.place ?? browser.address,
    isOtherNetwork: !browser.isSameNetwork,
    isSameDevice,
    userCode: userCode ?? '',
    asksNumber,
    release: [...release.scopes, ...release.claims].join(', '),
    needsFreshSignIn,
    secondsLeft: Math.ceil(request.leftMs() / 1000),
  };
}

/** What a person is told of a refusal. */
export function saidOf(error) {
  const isWrong = error.code === 'invalid_request' && error.field === 'number';
  return isWrong ? 'That is not the number.' : error.message;
}
