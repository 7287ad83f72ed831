// The metrics of a Node process as prom-client serves them.
const http = require('http');
const client = require('prom-client');

client.collectDefaultMetrics();
const server = http.createServer(async (_, response) => {
  response.setHeader('Content-Type', client.register.contentType);
  response.end(await client.register.metrics());
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
