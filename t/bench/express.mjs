// express.mjs -- a peer of the cached read: Express on two processes, ioredis with autopipelining.
// express.mjs PORT REDIS_PORT [HEADERS]; answers GET /api/analyze/result/:id from the same cache key as Dure, with the header
// lines of the file HEADERS too ("Name: value").
import cluster from 'node:cluster';
import fs from 'node:fs';
import express from 'express';
import Redis from 'ioredis';

const [port, redisPort] = process.argv.slice(2, 4).map(Number), file = process.argv[4];
const headers = file ? Object.fromEntries(fs.readFileSync(file, 'latin1').split('\n').map((line) => line.split(': '))) : {};

if (cluster.isPrimary) {
	cluster.fork();
	cluster.fork();
	process.on('SIGTERM', () => process.exit(0));
} else {
	const redis = new Redis({ host: '127.0.0.1', port: redisPort, enableAutoPipelining: true });
	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.get('/api/analyze/result/:id', async (request, reply) => {
		const result = await redis.get(`analysis:result:${request.params.id}`);
		reply.type('application/json').set(headers).send(`{"success":true,"status":"completed","result":${result},"fromCache":true}`);
	});
	app.listen(port, '127.0.0.1');
}
