// zipf.mjs -- readers of results by Zipf's law while an outside pipeline keeps changing them, and a judgement of every answer.
//
// The states of a product follow each other: a result, an analysis that runs, the next result, … An answer is stale when a later
// state had been there for longer than `graceMs` before the request was made: a running analysis since its request was answered,
// a result since its commit was heard of (NOTIFY).
import http from 'node:http';
import pg from 'pg';
import { metric, putResult } from './answers.mjs';
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

function get(agent, port, path) {
	return new Promise((settle, reject) => {
		http.get({ agent, port, host: '127.0.0.1', path }, (a) => {
			let text = '';
			a.on('data', (c) => { text += c; });
			a.on('end', () => settle({ status: a.statusCode, text }));
		}).on('error', reject);
	});
}

// Returns { reads, updates, stale (a list), early (of a state that was not there yet), faults, hitRate, p50, p99 }.
export async function zipfRun(d, { products = 200, readers = 16, seconds = 10, updatesPerSecond = 20, graceMs = 100 } = {}) {
	const api = client(d.url), pick = zipf(products), agent = new http.Agent({ keepAlive: true, maxSockets: readers });
	const all = Array.from({ length: products }, (_, i) => ({ id: `zipf-${i}`, busy: false,
		states: [{ version: 0, from: 0, sure: 0 }] }));		// from: may be seen; sure: must be seen (with the grace)
	const out = await outsider(await brokersOf(d), `zipf-${process.pid}`);
	for (const p of all) {
		await putResult(d, p.id, 'v0');
		await api.get(`/api/analyze/result/${p.id}`);
	}
	const committed = new Map(), ear = new pg.Client({ connectionString: d.databaseUrl });
	await ear.connect();
	ear.on('notification', (n) => committed.set(n.payload, Date.now()));
	await ear.query(`LISTEN zipf; CREATE OR REPLACE FUNCTION zipf_tell() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN PERFORM pg_notify('zipf', NEW.task_id); RETURN NULL; END $$;
		CREATE TRIGGER zipf_tell AFTER INSERT ON analysis_results FOR EACH ROW EXECUTE FUNCTION zipf_tell()`);
	const log = [];
	let ended = false, updates = 0;
	const total = (what) => metric(api, 'cache_requests_total', what);
	const before = { hits: await total(/hit|local/), all: await total(/./) };

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
		await until(async () => (await d.redis('GET', `analysis:result:${p.id}`))?.includes(`"v${version}"`), { ms: 30000, what: `version ${version} of ${p.id}` });
		updates++;
		p.busy = false;
	};
	const updater = async () => {
		const under = [];
		while (!ended) {
			const p = all[pick()];
			if (!p.busy)
				under.push(update(p));
			await sleep(1000 / updatesPerSecond);
		}
		await Promise.all(under);
	};
	const reader = async () => {
		while (!ended) {
			const p = all[pick()], began = Date.now(), answer = await get(agent, d.port, `/api/analyze/result/${p.id}`);
			log.push({ p, began, end: Date.now(), answer });
		}
	};
	const work = [updater(), ...Array.from({ length: readers }, reader)];
	await sleep(seconds * 1000);
	ended = true;
	await Promise.all(work);
	const hits = await total(/hit|local/) - before.hits, asked = await total(/./) - before.all;
	agent.destroy();
	await ear.end();

	for (const s of all.flatMap((p) => p.states).filter((s) => s.task))
		s.sure = committed.get(s.task) ?? Infinity;
	const stale = [];
	let faults = 0, early = 0;
	for (const { p, began, end, answer } of log) {
		const version = answer.status === 200 ? Number(answer.text.match(/"summary":"v(\d+)"/)?.[1]) : null;
		if (answer.status !== 200 && answer.status !== 202 || Number.isNaN(version)) {
			faults++;
			continue;
		}
		const seen = p.states.findLastIndex((s) => s.version === version && s.from <= end);
		const must = p.states.findLastIndex((s) => s.sure + graceMs < began);
		if (seen < 0)
			early++;
		else if (seen < must)
			stale.push({ product: p.id, answer: `${answer.status} v${version}`, lateMs: Math.round(began - p.states[seen + 1].sure) });
	}
	const took = log.map((l) => l.end - l.began).sort((a, b) => a - b);
	return { reads: log.length, updates, stale, early, faults, hitRate: hits / asked, p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
}
