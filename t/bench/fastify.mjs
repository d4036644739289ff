// fastify.mjs -- the peer of the cached read: Fastify on two processes, ioredis with autopipelining.
// fastify.mjs PORT REDIS_PORT; answers GET /api/analyze/result/:id from the same cache key as Dure.
import cluster from 'node:cluster';
import fastify from 'fastify';
import Redis from 'ioredis';

const [port, redisPort] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
	cluster.fork();
	cluster.fork();
	process.on('SIGTERM', () => process.exit(0));
} else {
	const redis = new Redis({ port: redisPort, enableAutoPipelining: true });
	const app = fastify();
	const schema = { response: { 200: { type: 'string' } } };
	app.get('/api/analyze/result/:id', { schema, serializerCompiler: () => (s) => s }, async (request, reply) => {
		const result = await redis.get(`analysis:result:${request.params.id}`);
		reply.type('application/json; charset=utf-8');
		return `{"success":true,"status":"completed","result":${result},"fromCache":true}`;
	});
	await app.listen({ port, host: '127.0.0.1' });
}
