// express.mjs -- a peer of the cached read: Express on two processes, ioredis with autopipelining.
// express.mjs PORT REDIS_PORT; answers GET /api/analyze/result/:id from the same cache key as Dure.
import cluster from 'node:cluster';
import express from 'express';
import Redis from 'ioredis';

const [port, redisPort] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
	cluster.fork();
	cluster.fork();
	process.on('SIGTERM', () => process.exit(0));
} else {
	const redis = new Redis({ port: redisPort, enableAutoPipelining: true });
	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.get('/api/analyze/result/:id', async (request, reply) => {
		const result = await redis.get(`analysis:result:${request.params.id}`);
		reply.type('application/json').send(`{"success":true,"status":"completed","result":${result},"fromCache":true}`);
	});
	app.listen(port, '127.0.0.1');
}
