// idle.mjs -- what a Dure with the embedded broker does while nobody asks it for anything, and how fast it is then awake.
import fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import { sleep, until, within } from './until.mjs';

const tasks = (pid) => fs.readdirSync(`/proc/${pid}/task`).map((t) => `/proc/${pid}/task/${t}`);
const sum = (pids, value) => pids.flatMap(tasks).reduce((all, dir) => {
	try {
		return all + value(dir);
	} catch {
		return all;	// a thread that has just ended
	}
}, 0);

// The processes that speak with the broker, and itself.
export const speakers = (d) => d.pids().filter((p) => /dure: (broker|kafka|analyzer)$/.test(p.title)).map((p) => p.pid);
// How often the threads of these processes went to sleep by themselves.
export const switches = (pids) => sum(pids, (dir) => Number(fs.readFileSync(`${dir}/status`, 'utf8').match(/^voluntary_ctxt_switches:\s+(\d+)/m)[1]));
// The time that they ran, ms, to the nanosecond: /proc/PID/stat counts ticks of 10 ms, and misses who runs between them.
export const ranMs = (pids) => sum(pids, (dir) => Number(fs.readFileSync(`${dir}/schedstat`, 'utf8').split(' ')[0]) / 1e6);

// That count a second, over so long.
export async function switchRate(pids, ms) {
	const before = switches(pids), from = performance.now();
	await sleep(ms);
	return (switches(pids) - before) * 1000 / (performance.now() - from);
}
// Until they are quieter than `most` switches a second.
export const untilQuiet = (d, most) => until(async () => await switchRate(speakers(d), 300) < most, { ms: 30000, what: 'broker, bridge and analyzer to be quiet' });

// From POST /api/analyze to the first event of the pipeline and to the end, ms, for a socket that subscribes as soon as it has the taskId.
export async function analyseOnce(http, socket, product) {
	const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ text: `정말 재미있는 영화입니다 ${i}` })).join('\n');
	await http.post(`/api/products/${product}/reviews`, lines, { headers: { 'content-type': 'application/x-ndjson' } });
	const from = performance.now();
	const { taskId } = (await http.post('/api/analyze', { productId: product })).body;
	let first;
	await within(20000, 'the analysis', new Promise((settle) => {
		socket.on('analysis-update', function on(u) {
			if (u.requestId !== taskId || u.status === 'pending')
				return;
			first ??= performance.now() - from;
			if (u.status === 'completed') {
				socket.off('analysis-update', on);
				settle();
			}
		});
		socket.emit('subscribe-analysis', taskId);
	}));
	const end = performance.now() - from;
	await socket.emitWithAck('unsubscribe-analysis', taskId);
	return { first, end };
}

// From an outside producer to the socket event, ms, on a task of its own: a call a message, a hundred at most.
export async function outsideTask(http, socket, out, product) {
	const { taskId } = (await http.post('/api/analyze', { productId: product })).body;
	let progress = 0;
	await socket.emitWithAck('subscribe-analysis', taskId);
	return async () => {
		const at = progress += 1;
		const seen = new Promise((settle) => socket.on('analysis-update', function on(u) {
			if (u.requestId !== taskId || u.progress !== at)
				return;
			socket.off('analysis-update', on);
			settle();
		}));
		const from = performance.now();
		await out.send('realtime-status', product, { requestId: taskId, productId: product, status: 'processing', progress: at });
		await within(20000, 'the event', seen);
		return performance.now() - from;
	};
}
