/* The page's own file, `pages/sign-in/sign-in.js`: a button, what `shownIn` says, a field for the number, yes and no. */
import { makePhone, scanWithCamera, shownIn } from './sign-in.js';

const phone = makePhone({
  wx,
  gateway: 'https://sign-in.example.com',
  credential: (refused) => getApp().userToken({ fresh: refused }),
});
let request;

Page({
  data: { shown: null, said: '' },

  async scan() {
    await this.tell(async () => {
      request = await scanWithCamera({ wx, phone });
      this.setData({ shown: shownIn(request), said: '' });
    });
  },

  async confirm({ detail }) {
    await this.tell(async () => {
      await request.confirm(detail.value.number);
      this.setData({ shown: null, said: 'Signed in.' });
    });
  },

  async deny() {
    await this.tell(async () => {
      await request.deny({ report: true });
      this.setData({ shown: null, said: 'Denied.' });
    });
  },

  async tell(work) {
    try {
      await work();
    } catch (error) {
      const wrong = error.code === 'invalid_request' && error.field === 'number';
      this.setData({ said: wrong ? 'That is not the number.' : error.message });
    }
  },
});
