// peer-socketio.mjs -- the reference that the fanout is measured against: socket.io on one process.
// peer-socketio.mjs PORT REDIS_PORT PATTERN [deflate|recovery]; subscribe-analysis enters a room, what Redis publishes on its channel goes to it. A
// plain subscriber of these channels, emitting locally: the Redis adapter would cost it a msgpack packet more an event.
import http from 'node:http';
import { Server } from 'socket.io';
import Redis from 'ioredis';

const [port, redisPort, pattern, option] = process.argv.slice(2);
const server = http.createServer((request, response) => response.end('ready'));
const io = new Server(server, { transports: ['websocket', 'polling'], perMessageDeflate: option === 'deflate' ? { threshold: 1024 } : false,
	...(option === 'recovery' && { connectionStateRecovery: { maxDisconnectionDuration: 120000 } }) });

io.on('connection', (socket) => {
	socket.emit('connected', { clientId: socket.id });
	socket.on('subscribe-analysis', (id, ack) => {
		socket.join(`analysis:${id}`);
		ack({ ok: true, room: `analysis:${id}` });
	});
});
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort) });
await redis.psubscribe(pattern);
redis.on('pmessage', (which, channel, text) => {
	const line = text.indexOf('\n');
	const event = text.slice(0, line).split(' ')[2];
	io.local.to(channel.slice('fanout:'.length)).emit(event, JSON.parse(text.slice(line + 1)));
});
server.listen(Number(port), '127.0.0.1');
