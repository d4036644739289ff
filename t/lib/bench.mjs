// bench.mjs -- what the benchmarks share: wrk, medians, the corpus, and an analysed product.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './dure.mjs';
import { until } from './until.mjs';

export const corpus = path.join(root, '../shared/data/nsmc/reviews.ndjson');

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
export const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];
export const spread = (list, digits = 0) =>
	`${median(list).toFixed(digits)} (${Math.min(...list).toFixed(digits)}..${Math.max(...list).toFixed(digits)})`;

// The CPU time that processes have used so far, in ms: user's and kernel's.
export const cpuMs = (pids) => pids.map((pid) => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' '))
	.reduce((sum, f) => sum + (Number(f[11]) + Number(f[12])) * 10, 0);

// How long the first threads of processes have stood ready to run without a core so far, in ms.
export const waitMs = (pids) => pids.reduce((sum, pid) => sum + Number(fs.readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6, 0);

// The HTTP workers of a Dure.
export const workersOf = (d) => d.pids().filter((p) => /dure: http/.test(p.title)).map((p) => p.pid);

// One run of wrk: { requests, rate (requests/s), p99 (ms), errors, cpu (of `pids`, us a request: steadier than rates where others use the machine) }.
export function wrk(url, { seconds = 5, connections = 64, headers = [], pids = [] } = {}) {
	const before = cpuMs(pids);
	const out = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headers.flatMap((h) => ['-H', h]), url], { encoding: 'utf8' });
	const p99 = out.match(/99%\s+([\d.]+)(us|ms|s)/);
	const requests = Number(out.match(/(\d+) requests in/)[1]);
	return {
		requests,
		cpu: (cpuMs(pids) - before) * 1000 / requests,
		rate: Number(out.match(/Requests\/sec:\s+([\d.]+)/)[1]),
		p99: Number(p99[1]) * { us: 0.001, ms: 1, s: 1000 }[p99[2]],
		errors: Number(out.match(/Non-2xx or 3xx responses: (\d+)/)?.[1] ?? 0),
	};
}

// The first `n` reviews of the corpus as NDJSON of one product.
export function reviews(n) {
	const lines = fs.readFileSync(corpus, 'utf8').split('\n', n);
	return lines.map((line) => {
		const { id, text, rating, date } = JSON.parse(line);
		return JSON.stringify({ id, text, rating, date });
	}).join('\n');
}

export async function upload(http, product, body) {
	const answer = await http.post(`/api/products/${product}/reviews`, body,
		{ headers: { 'content-type': 'application/x-ndjson' }, ms: 120000 });
	if (answer.status !== 200)
		throw new Error(`upload: ${answer.status} ${answer.text}`);
	return answer.body;
}

// Start an analysis and wait for its result.
export async function analyse(http, product, ms = 120000) {
	await http.post('/api/analyze', { productId: product });
	return until(async () => {
		const answer = await http.get(`/api/analyze/result/${product}`);
		return answer.status === 200 && answer.body;
	}, { ms, what: `the analysis of ${product}` });
}
