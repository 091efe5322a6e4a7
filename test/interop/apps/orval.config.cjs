/** As orval's documentation begins, with fetch and the gateway's address. */
module.exports = {
  api: {
    input: './openapi.yaml',
    output: { target: './api/api.ts', client: 'fetch', baseUrl: process.env.GATEWAY },
  },
};
