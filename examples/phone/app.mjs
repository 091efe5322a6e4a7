import { PhoneError, scangatePhone } from './phone.mjs';

const { gateway } = await (await fetch('settings.json')).json();
const part = (id) => document.getElementById(id);
let request;

// A real app asks its own server for the signed-in user's JWT. The gateway's demo takes anyone.
const phone = scangatePhone({ gateway, credential: () => `demo-${part('scan').elements.user.value}` });

async function telling(work) {
  try {
    part('said').textContent = await work();
  } catch (error) {
    if (!(error instanceof PhoneError)) throw error;
    part('said').textContent =
      error.code === 'invalid_request' && error.field === 'number'
        ? 'That is not the number.'
        : error.message;
  }
}

part('scan').addEventListener('submit', (event) => {
  event.preventDefault();
  void telling(async () => {
    const code = phone.read(event.target.elements.text.value);
    if (code === undefined) return 'This is no code to sign in with.';
    request = await phone.scan(code);
    const { client, browser, asksNumber } = request.shown;
    part('client').textContent = client.name;
    const said = [client.domain, client.isVerified ? 'verified' : ''].filter((text) => text !== '');
    part('domain').textContent = said.length === 0 ? '' : `(${said.join(', ')})`;
    part('from').textContent = browser.place ?? browser.address;
    part('other').hidden = browser.isSameNetwork;
    part('number').hidden = !asksNumber;
    part('decide').hidden = false;
    return '';
  });
});

part('decide').addEventListener('submit', (event) => {
  event.preventDefault();
  void telling(async () => {
    const { returnUrl } = await request.confirm(event.target.elements.number.value);
    part('decide').hidden = true;
    if (returnUrl !== undefined) location.assign(returnUrl);
    return 'Signed in.';
  });
});

part('deny').addEventListener('click', () => {
  void telling(async () => {
    await request.deny({ report: true });
    part('decide').hidden = true;
    return 'Denied.';
  });
});
