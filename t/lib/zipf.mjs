// zipf.mjs -- readers of results by Zipf's law while an outside pipeline keeps changing them, and a judgement of every answer.
//
// The states of a product follow each other: a result, an analysis that runs, the next result, … An answer is stale when a later
// state had been there for longer than `graceMs` before the request was written to its socket: a running analysis since its request
// was answered, a result since its commit, by the clock of the database on the same machine (track_commit_timestamp).
import net from 'node:net';
import { metric, putResult, resultQueries } from './answers.mjs';
import { client } from './client.mjs';
import { brokersOf, outsider } from './kafka.mjs';
import { sleep, until } from './until.mjs';

const percentile = (list, p) => list[Math.min(list.length - 1, Math.floor(list.length * p))];

function zipf(n) {
	const sums = [];
	for (let i = 0, sum = 0; i < n; i++)
		sums.push(sum += 1 / (i + 1));
	return () => {
		const x = Math.random() * sums[n - 1];
		let low = 0, high = n - 1;
		while (low < high) {
			const mid = (low + high) >> 1;
			if (sums[mid] < x) low = mid + 1; else high = mid;
		}
		return low;
	};
}

// A connection that is kept for some requests, so that every worker has its part of them. get(path) writes at once: `began` is hardly
// earlier than what the server sees.
function connection(port) {
	let socket = null, waiting = null, left = 0, got = Buffer.alloc(0);
	const take = (bytes) => {
		got = Buffer.concat([got, bytes]);
		const at = got.indexOf('\r\n\r\n');
		if (at < 0)
			return;
		const head = got.toString('latin1', 0, at), n = Number(head.match(/content-length: (\d+)/i)[1]);
		if (got.length < at + 4 + n)
			return;
		const text = got.toString('utf8', at + 4, at + 4 + n), { settle, began } = waiting;
		waiting = null;
		got = Buffer.alloc(0);
		settle({ began, end: Date.now(), status: Number(head.slice(9, 12)), text });
	};
	const open = () => new Promise((settle, reject) => {
		const mine = net.connect(port, '127.0.0.1', settle);
		const end = (fail) => {
			reject(fail);
			if (socket === mine)
				waiting?.reject(fail);
		};
		socket?.destroy();
		socket = mine;
		mine.setNoDelay(true);
		mine.on('data', take);
		mine.on('error', end);
		mine.on('close', () => end(new Error('closed')));
	});
	return {
		async get(path) {
			if (left-- <= 0) {
				await open();
				left = 100;
			}
			return new Promise((settle, reject) => {
				waiting = { settle, reject, began: Date.now() };
				socket.write(`GET ${path} HTTP/1.1\r\nHost: zipf\r\n\r\n`);
			});
		},
		close: () => socket?.destroy(),
	};
}

// How many requests each HTTP worker has answered.
const answeredBy = (d) => Object.fromEntries(JSON.parse(d.cli('status', '--json').stdout).processes.filter((p) => p.kind === 'http').map((p) => [p.pid, p.requests]));

// `cold`: nothing is kept at the start. `forgetsPerSecond`: invalidations beside the changes. `during`: called in the middle.
// Returns { reads, updates, changes (results that were read while they were the last), stale (a list), oldestMs (the worst answer's age past
// its replacement), early (of a state that was not there yet), faults, hitRate (of all reads), local, hits, misses, joined, running (reads), queries, workers (the
// requests of each), p50, p99 }.
export async function zipfRun(d, { products = 200, readers = 16, seconds = 10, updatesPerSecond = 20, graceMs = 100, cold = false,
	forgetsPerSecond = 0, during } = {}) {
	const api = client(d.url), pick = zipf(products);
	const all = Array.from({ length: products }, (_, i) => ({ id: `zipf-${i}`, busy: false,
		states: [{ version: 0, from: 0, sure: 0 }] }));		// from: may be seen; sure: must be seen (with the grace)
	const out = await outsider(await brokersOf(d), `zipf-${process.pid}`);
	for (const p of all) {
		await putResult(d, p.id, 'v0');
		if (!cold)
			await api.get(`/api/analyze/result/${p.id}`);
	}
	const log = [];
	let ended = false, updates = 0;
	const kinds = ['local', 'hit', 'miss', 'joined'];
	const count = async () => [...await Promise.all(kinds.map((k) => metric(api, 'cache_requests_total', new RegExp(k)))), await resultQueries(api)];
	const before = await count(), shares = answeredBy(d);

	const update = async (p) => {
		p.busy = true;
		const version = p.states.at(-1).version + 1, running = { version: null, from: Date.now(), sure: Infinity };
		p.states.push(running);
		const { body } = await api.post('/api/kafka/analysis/realtime', { productId: p.id });
		running.sure = Date.now();
		const task = body.data.requestId, state = { version, from: Date.now(), sure: Infinity, task };
		p.states.push(state);
		await out.send('analysis-results', p.id, { requestId: task, productId: p.id, status: 'completed',
			sentiment: { positive: 50, negative: 30, neutral: 20 }, summary: `v${version}`, keywords: [], totalReviews: 5 });
		await until(async () => (await d.psql('SELECT 1 FROM analysis_results WHERE task_id = $1', [task])).length > 0, { ms: 30000, what: `version ${version} of ${p.id}` });
		updates++;
		p.busy = false;
	};
	const every = async (perSecond, fn) => {
		const under = [];
		while (!ended) {
			under.push(fn(all[pick()]));
			await sleep(1000 / perSecond);
		}
		await Promise.all(under);
	};
	const lines = Array.from({ length: readers }, () => connection(d.port));
	const reader = async (line) => {
		while (!ended) {
			const p = all[pick()];
			log.push({ p, ...await line.get(`/api/analyze/result/${p.id}`) });
		}
	};
	const work = [every(updatesPerSecond, (p) => p.busy || update(p)), ...lines.map(reader)];
	if (forgetsPerSecond > 0)
		work.push(every(forgetsPerSecond, (p) => api.del(`/api/analyze/cache/${p.id}`)));
	await sleep(seconds * 500);
	during?.();
	await sleep(seconds * 500);
	ended = true;
	await Promise.all(work);
	const [local, hits, misses, joined, queries] = (await count()).map((n, i) => n - before[i]);
	const workers = Object.entries(answeredBy(d)).map(([pid, n]) => n - (shares[pid] ?? 0));
	lines.forEach((l) => l.close());

	const committed = new Map((await d.psql(`SELECT task_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS ms
		FROM analysis_results WHERE product_id LIKE 'zipf-%'`)).map((r) => [r.task_id, Number(r.ms)]));
	for (const s of all.flatMap((p) => p.states).filter((s) => s.task))
		s.sure = committed.get(s.task) ?? Infinity;
	const stale = [], changes = new Set();
	let faults = 0, early = 0, running = 0, oldestMs = 0;
	for (const { p, began, end, status, text } of log) {
		const version = status === 200 ? Number(text.match(/"summary":"v(\d+)"/)?.[1]) : null;
		if (status !== 200 && status !== 202 || Number.isNaN(version)) {
			faults++;
			continue;
		}
		running += status === 202;
		const seen = p.states.findLastIndex((s) => s.version === version && s.from <= end);
		const must = p.states.findLastIndex((s) => s.sure + graceMs < began);
		if (p.states[must].task)
			changes.add(p.states[must]);
		if (seen < 0) {
			early++;
			continue;
		}
		const next = p.states.slice(seen + 1).reduce((ms, s) => Math.min(ms, s.sure), Infinity);
		oldestMs = Math.max(oldestMs, began - next);
		if (seen < must)
			stale.push({ product: p.id, answer: `${status} v${version}`, lateMs: Math.round(began - next) });
	}
	const took = log.map((l) => l.end - l.began).sort((a, b) => a - b);
	return { reads: log.length, updates, changes: changes.size, stale, oldestMs: Math.round(oldestMs), early, faults, running, local, hits, misses, joined, queries, workers,
		hitRate: 1 - (misses + joined) / log.length, p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
}
