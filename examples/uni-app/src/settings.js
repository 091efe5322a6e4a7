/* What an app of yours has in the place of this file. */

/** The gateway's public address. */
export const GATEWAY = 'http://localhost:8080';

/** The app's own server makes the signed-in user's JWT, anew where `fresh`. The gateway's demo takes anyone. */
export const userToken = () => Promise.resolve('demo-ada');
