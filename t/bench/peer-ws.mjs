// peer-ws.mjs -- a peer of the fanout: the npm package ws on one process, sending each published event to every socket.
// peer-ws.mjs PORT REDIS_PORT PATTERN; no rooms, no sessions, no heartbeat: it shows what those cost.
import http from 'node:http';
import { WebSocketServer } from 'ws';
import Redis from 'ioredis';

const [port, redisPort, pattern] = process.argv.slice(2);
const server = http.createServer((request, response) => response.end('ready'));
const wss = new WebSocketServer({ server, perMessageDeflate: false });

wss.on('connection', (socket) => socket.on('error', () => {}));
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort) });
await redis.psubscribe(pattern);
redis.on('pmessage', (which, channel, text) => {
	const line = text.indexOf('\n');
	const event = text.slice(0, line).split(' ')[2];
	const message = `42["${event}",${text.slice(line + 1)}]`;
	for (const socket of wss.clients)
		socket.send(message);
});
server.listen(Number(port), '127.0.0.1');
