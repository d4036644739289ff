#!/usr/bin/env t/lib/run
// 74-curation-eval.t -- `dure recommend eval`: what it measures on users of known taste, that it leaves the database as it is, its errors.
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { loadCuration, madeTastes } from './lib/curation.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, diag, done, is, like, ok, test } from './lib/tap.mjs';

const d = await startDure({ env: { ANALYZER: 'off', AFFINITY_EVERY: '1d', TRENDS_EVERY: '1d', LOG_LEVEL: 'warn' } });
const admin = await account(d, 'a@example.com', { role: 'admin' });
const evaluate = (...args) => d.cli('recommend', 'eval', ...args);
const tables = ['videos', 'user_video_interactions', 'video_affinities', 'video_affinity_queue', 'curation_state', 'user_keyword_preferences', 'trend_keywords'];
const state = async () => JSON.stringify(await Promise.all([...tables.map((t) => d.psql(`SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM ${t} t`)),
	d.psql("SELECT count(*) FROM pg_class WHERE relname LIKE 'eval%'")]));

await test('errors', async () => {
	for (const args of [['--split', 'first'], ['--k', '51'], ['--users'], ['--color']]) {
		const { code, stderr } = evaluate(...args);
		deep([code, /usage: dure recommend eval/.test(stderr)], [64, true], `${args.join(' ')} is wrong usage`);
	}
	const none = evaluate();
	is(none.code, 1, 'without interactions there is nothing to measure');
	like(none.stderr, /no user liked videos both before and after the cut/, 'and the command says why');
});

await test('figures', async () => {
	await loadCuration(d, client(d.url), admin.token, madeTastes({ videos: 240, users: 80, each: 20, seed: 7 }));
	const before = await state();
	for (const split of ['last', 'time']) {
		const r = evaluate('--split', split, '--json');
		is(r.code, 0, `split ${split} is evaluated`) || diag(r.stderr);
		const report = JSON.parse(r.stdout), by = Object.fromEntries(report.methods.map((m) => [m.name, m]));
		deep(Object.keys(by), ['hybrid-a', 'hybrid-b', 'item-knn', 'popularity', 'random'], 'both variants and three simple methods are measured');
		deep([report.split, report.k, report.videos, report.untrained], [split, 20, 240, 0], 'the report names what was measured');
		ok(report.methods.every((m) => ['ndcg', 'hitRate', 'coverage', 'diversity'].every((k) => m[k] >= 0 && m[k] <= 1)), 'all figures are in their range');
		ok(by['hybrid-a'].ndcg > by.random.ndcg * 2 && by['hybrid-a'].coverage > by.popularity.coverage,
			`recommendations are better than random ones and cover more than the popular ones (${JSON.stringify(by['hybrid-a'])})`);
		ok(by.random.coverage > by.popularity.coverage && by.random.novelty > by.popularity.novelty, 'random ones cover most, popular ones are no news');
	}
	const { cases, interactions } = JSON.parse(evaluate('--split', 'last', '--users', '10', '--interactions', '1000', '--json').stdout);
	ok(cases === 10 && interactions <= 1000, `--users and --interactions bound the cases and the history (${cases}, ${interactions})`);
	like(evaluate('--k', '5').stdout, /METHOD +NDCG@5 +HIT RATE +COVERAGE +NOVELTY +DIVERSITY +MS\nhybrid-a +0\.\d{4} ± 0\.\d{4} /, 'without --json there is a table');
	is(await state(), before, 'the database is as it was');
});
await done();
