// Portkey's gateway has no file for this: each request says in its headers where it goes. The drill sends no headers of
// a gateway's own, so they are put in here, where requests arrive: node --import ./portkey.mjs …/start-server.js
import http from 'node:http';

const headers = {
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': 'http://127.0.0.1:9910/v1',
  'x-portkey-request-timeout': '5000', // milliseconds to the first byte of the answer; no default
};
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, ...rest) {
  if (event === 'request') for (const pair of Object.entries(headers)) rest[0].rawHeaders.push(...pair);
  return emit.call(this, event, ...rest);
};
