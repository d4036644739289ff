// peer-cluster.mjs -- the peer of start-up time and idle memory: what a Node.js service of like function loads and keeps, on two processes of
// node's cluster: fastify, socket.io, ioredis (commands and subscriptions), a pool of pg.
// peer-cluster.mjs PORT REDIS_PORT DATABASE_URL; GET /ready answers 200 when the stores do.
import cluster from 'node:cluster';
import fastify from 'fastify';
import Redis from 'ioredis';
import pg from 'pg';
import { Server } from 'socket.io';

const [port, redisPort, database] = process.argv.slice(2);

if (cluster.isPrimary) {
	cluster.fork();
	cluster.fork();
	process.on('SIGTERM', () => process.exit(0));
} else {
	const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort), enableAutoPipelining: true }), subscriber = redis.duplicate();
	const pool = new pg.Pool({ connectionString: database, max: 10 });
	const app = fastify();
	const io = new Server(app.server, { transports: ['websocket', 'polling'], perMessageDeflate: false });

	io.on('connection', (socket) => socket.on('subscribe-analysis', (id, ack) => {
		socket.join(`analysis:${id}`);
		ack({ ok: true });
	}));
	await subscriber.psubscribe('fanout:*');
	app.get('/ready', async () => {
		await Promise.all([redis.ping(), pool.query('SELECT 1')]);
		return { ok: true };
	});
	await app.listen({ port: Number(port), host: '127.0.0.1' });
}
