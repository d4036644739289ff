#!/usr/bin/env t/lib/run
// 74-curation-videos.t -- videos: import, lists, search, caches, what editors change; interactions, preferences, trends; nothing lost after the
// answer, rows of others unseen, right again after a Redis without its data.
import pg from 'pg';
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', TRENDS_EVERY: '1s', AFFINITY_EVERY: '1s', CACHE_WARM_EVERY: '1s', VIDEO_WARM_COUNT: '3' } });
const web = client(d.url);
const [admin, kim, lee] = [await account(d, 'a@example.com', { role: 'admin' }), await account(d, 'kim@example.com'), await account(d, 'lee@example.com')];
const by = (who) => ({ token: who.token });
const days = (n) => new Date(Date.now() - n * 86400000).toISOString();
const imported = async (list, options) => (await web.post('/api/v1/videos/import', list, { ...by(admin), ...options })).body;
const ids = async (query) => (await web.get(`/api/v1/videos${query}`)).body.data.map((v) => v.videoId);
const count = async (sql, params) => Number((await d.psql(`SELECT count(*) AS n FROM ${sql}`, params))[0].n);

await test('import', async () => {
	const list = [
		{ videoId: 'yoga', title: '아침 요가 30분', channelId: 'c1', channelTitle: '몸과 마음', viewCount: 1000000, likeCount: 50000, publishedAt: days(45),
			keywords: ['요가', ' Yoga ', 'yoga', 'Morning'], emotions: { calm: 0.8, joy: 2, hunger: 1 }, language: 'ko', durationSeconds: 1800 },
		{ videoId: 'run', title: 'Run 5k', channelId: 'c2', viewCount: 2000, keywords: ['running'], publishedAt: days(2) },
		{ videoId: 'tea', title: '녹차 이야기', channelId: 'c1', viewCount: 500, keywords: ['tea'], publishedAt: days(1) },
	];
	is((await web.post('/api/v1/videos/import', list, by(kim))).status, 403, 'a user may not import videos');
	deep(await imported(list), { success: true, created: 3, updated: 0, rejected: [] }, 'an admin imports videos as a JSON array');
	deep(await imported(list), { success: true, created: 0, updated: 3, rejected: [] }, 'the same import again only updates');
	const nd = ['{"videoId":"x"}', '{"videoId":"run","title":"Run 10k","viewCount":3000,"keywords":["running","marathon"]}', 'nonsense'].join('\n');
	const r = await imported(nd, { headers: { 'content-type': 'application/x-ndjson' }, language: 'en' });
	deep([r.created, r.updated, r.rejected.map((x) => x.line)], [0, 1, [1, 3]], 'faults of NDJSON are reported by line, the other lines are stored');
	deep((await d.psql("SELECT keyword FROM video_keywords WHERE video_id = 'run' ORDER BY 1")).map((k) => k.keyword), ['marathon', 'running'], 'keywords follow the last import');
	const v = (await web.get('/api/v1/videos/yoga')).body.data;
	deep([v.keywords, v.emotions, v.qualityScore, v.durationSeconds], [['요가', 'yoga', 'morning'], { joy: 1, calm: 0.8 }, 0.8516, 1800],
		'keywords are normal, emotions known and bounded, the quality is that of the rule');
	is((await web.get('/api/v1/videos/run')).body.data.publishedAt.slice(0, 10), days(2).slice(0, 10), 'a date that an update leaves out stays');
	const many = Array.from({ length: 5000 }, (_, i) => ({ videoId: `m${i}`, title: `Video number ${i}`, channelId: `m${i % 50}`, viewCount: i % 400,
		publishedAt: days(400 + i % 100), keywords: [`k${i % 100}`] }));
	const began = Date.now();
	is((await imported(many)).created, 5000, 'thousands of videos are imported in one request');
	ok(Date.now() - began < 20000, `in ${Date.now() - began} ms`);
});

await test('lists and search', async () => {
	deep(await ids('?limit=3'), ['tea', 'run', 'yoga'], 'the newest come first');
	deep(await ids('?sort=popular&limit=2'), ['yoga', 'run'], 'the most viewed come first');
	deep((await ids('?sort=quality&limit=1')), ['yoga'], 'the best come first');
	deep(await ids('?channel=c1'), ['tea', 'yoga'], 'a channel has its videos');
	deep(await ids('?keyword=Marathon'), ['run'], 'a keyword has its videos');
	deep(await ids(`?q=${encodeURIComponent('요가')}`), ['yoga'], 'a part of the title finds a video');
	deep(await ids(`?q=${encodeURIComponent('몸과')}&sort=popular`), ['yoga'], 'a part of the channel finds a video');
	for (const sort of ['newest', 'popular', 'quality']) {
		const all = [];
		for (let cursor = ''; cursor !== null;) {
			const { body } = await web.get(`/api/v1/videos?sort=${sort}&q=number%204&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
			all.push(...body.data.map((v) => v.videoId));
			cursor = body.nextCursor;
		}
		deep([all.length, new Set(all).size], [1111, 1111], `pages by ${sort} hold each video once`);
	}
	for (const bad of ['cursor=x', 'cursor=newest:1e-:x', 'cursor=newest:1.5:x', 'sort=popular&cursor=popular:99999999999999999999:x', 'sort=quality&cursor=quality:1e-:x', 'sort=quality&cursor=quality:nan:x'])
		is((await web.get(`/api/v1/videos?${bad}`)).status, 400, `a malformed cursor is refused: ${bad}`);
	is((await web.get('/api/v1/videos?sort=quality&cursor=quality:1e-05:x')).status, 200, 'a small score is a key');
	const found = (await web.get('/api/v1/videos/search?q=run', by(kim))).body;
	deep([found.data.map((v) => v.videoId), found.source], [['run'], 'local'], 'a search answers from the table and says so');
	deep(await d.psql('SELECT user_id, query, results FROM video_search_sessions'), [{ user_id: kim.id, query: 'run', results: 1 }], 'a search is recorded');
});

await test('one video, and its cache', async () => {
	const none = await web.get('/api/v1/videos/none', { language: 'en' });
	deep([none.status, none.body.error.code], [404, 'VIDEO_NOT_FOUND'], 'an unknown video is VIDEO_NOT_FOUND');
	await imported([{ videoId: 'none', title: 'Now there' }]);
	is((await web.get('/api/v1/videos/none')).status, 200, 'an import ends the cached absence');
	await until(async () => await d.redis('EXISTS', 'video:yoga', 'video:run') === 2, { what: 'the most viewed to be cached' });
	const ttl = await d.redis('TTL', 'video:yoga');
	ok(ttl > 3000 && ttl <= 3600, `a video is cached for an hour (${ttl} s)`);
	is((await web.patch('/api/v1/videos/none', { hidden: true }, by(kim))).status, 403, 'a user may not hide a video');
	ok((await web.patch('/api/v1/videos/none', { hidden: true }, by(admin))).body.data.hiddenAt, 'an admin hides a video');
	await until(async () => (await web.get('/api/v1/videos/none')).status === 404, { what: 'the hidden video to go' });
	is((await web.get('/api/v1/videos/none', by(admin))).status, 200, 'an admin sees hidden videos');
	ok(!(await ids('?limit=3')).includes('none'), 'lists leave hidden videos out');
	const pinned = await web.patch('/api/v1/videos/none', { hidden: false, pinnedUntil: '2030-01-01T00:00:00Z' }, by(admin));
	deep([pinned.body.data.hiddenAt, pinned.body.data.pinnedUntil], [null, '2030-01-01T00:00:00.000Z'], 'an admin shows and pins it');
	is((await web.patch('/api/v1/videos/none', { pinnedUntil: null }, by(admin))).body.data.pinnedUntil, null, 'null ends the pin');
	is((await web.patch('/api/v1/videos/nowhere', { hidden: true }, by(admin))).body.error.code, 'VIDEO_NOT_FOUND', 'an unknown video cannot be hidden');
});

const send = (who, data, options) => web.post('/api/v1/interactions', data, { ...by(who), ...options });
const keywords = async (who) => Object.fromEntries((await web.get('/api/v1/preferences/keywords', by(who))).body.data.map((k) => [k.keyword, k]));

await test('interactions', async () => {
	is((await web.post('/api/v1/interactions', { videoId: 'yoga', type: 'view' })).status, 401, 'an anonymous caller has no interactions');
	const one = await send(kim, { videoId: 'yoga', type: 'view', watchMs: 60000 });
	deep([one.status, one.body.data], [201, { accepted: 1 }], 'one interaction is accepted');
	is((await send(kim, [{ videoId: 'yoga', type: 'like' }, { videoId: 'run', type: 'skip' }])).body.data.accepted, 2, 'a list is accepted as the body');
	is((await send(kim, { interactions: [{ videoId: 'tea', type: 'save' }] })).body.data.accepted, 1, 'and as a member');
	const before = await count('user_video_interactions');
	const bad = await send(kim, [{ videoId: 'yoga', type: 'view' }, { videoId: 'yoga', type: 'stare' }, { type: 'view' }], { language: 'en' });
	deep([bad.status, bad.body.error.details.map((f) => f.field)], [400, ['interactions[1].type', 'interactions[2].videoId']], 'faults of a list are reported by item');
	is((await send(kim, [{ videoId: 'yoga', type: 'view' }, { videoId: 'nowhere', type: 'view' }])).body.error.code, 'VIDEO_NOT_FOUND', 'an unknown video refuses the list');
	is((await send(kim, Array(501).fill({ videoId: 'yoga', type: 'view' }))).status, 400, 'a list of more than 500 is refused');
	is((await send(kim, [])).status, 400, 'an empty list is refused');
	is((await send(kim, { videoId: 'yoga', type: 'view', recommendationId: 'x'.repeat(36) })).status, 400, 'a recommendationId that is no UUID is refused');
	is(await count('user_video_interactions'), before, 'a refused list stores nothing');
	is((await send(kim, Array(500).fill({ videoId: 'm7', type: 'view', watchMs: 1000 }))).body.data.accepted, 500, 'a list of 500 is accepted');
	const twice = { headers: { 'idempotency-key': 'once' } };
	await send(lee, { videoId: 'run', type: 'view' }, twice);
	await send(lee, { videoId: 'run', type: 'view' }, twice);
	is(await count("user_video_interactions WHERE user_id = $1", [lee.id]), 1, 'an Idempotency-Key stores a repeated interaction once');
	await send(lee, { videoId: 'run', type: 'view', at: '2100-01-01T00:00:00Z' });
	is(await count('user_video_interactions WHERE at > now()'), 0, 'a time in the future counts as now');
});

await test('preferences', async () => {
	const k = await keywords(kim);
	const viewed = 0.7 * 0.1 + 0.5 * 0.9, liked = 1 - (1 - viewed) * 0.9 ** 3;
	ok(Math.abs(k.yoga.score - liked) < 0.0001, `a view and a like move a keyword as the rule says (${k.yoga.score}, ${liked.toFixed(4)})`);
	ok(k.running.score < 0.5 && k.yoga.score > 0.5 && k.k7.score < 0.31, 'skipped and left videos lower theirs');
	const undo = (type, video = 'yoga') => web.del(`/api/v1/interactions/${video}/${type}`, undefined, by(kim));
	deep((await undo('like')).body.data, { removed: 1 }, 'a like is taken back');
	const back = await keywords(kim);
	ok(Math.abs(back.yoga.score - viewed) < 0.0001 && Math.abs(back.yoga.events - 1) < 0.0001 && back.running.score === k.running.score,
		`and the preferences are as without it (${back.yoga.score}, ${viewed})`);
	is(await count("user_video_interactions WHERE user_id = $1 AND type = 'like'", [kim.id]), 0, 'the like is gone');
	deep([(await undo('like')).body.data.removed, (await undo('view')).status, (await undo('like', 'nowhere')).body.data.removed], [0, 400, 0], 'a second time takes nothing back, and a view stays');
	await send(kim, { videoId: 'yoga', type: 'like' });
	ok(Math.abs((await keywords(kim)).yoga.score - k.yoga.score) < 0.0001, 'a new like counts again');
	is(k.yoga.boost, 1, 'a score between 0.3 and 0.8 has no boost');
	const put = await web.put('/api/v1/preferences/keywords', { keywords: [{ keyword: ' Jazz', score: 0.81 }, { keyword: 'war', score: 0.29 }, { keyword: 'edge', score: 0.8 },
		{ keyword: 'low', score: 0.3 }, { keyword: 'tea', score: null }] }, by(kim));
	is(put.status, 200, 'keywords are set');
	const after = await keywords(kim);
	deep(['jazz', 'war', 'edge', 'low'].map((x) => after[x]?.boost), [1.5, 0.5, 1, 1], 'the boost follows the score, at its edges too');
	deep([after.tea, after.yoga?.score], [undefined, k.yoga.score], 'a score of null forgets a keyword, others stay');
	deep(Object.keys(await keywords(lee)).sort(), ['marathon', 'running'], "another user's preferences are not changed");
	is((await web.put('/api/v1/preferences/keywords', { keywords: [{ keyword: 'x', score: 2 }] }, by(kim))).status, 400, 'a score above 1 is refused');
	await web.put('/api/v1/preferences/keywords', { keywords: [{ keyword: 'only', score: 1 }], replace: true }, by(kim));
	deep(Object.keys(await keywords(kim)), ['only'], 'replace forgets all others');
	const c = new pg.Client({ connectionString: d.databaseUrl });
	await c.connect();
	await c.query("SELECT set_config('dure.user', $1, false)", [lee.id]);
	for (const table of ['user_keyword_preferences', 'user_video_interactions', 'video_search_sessions'])
		is((await c.query(`SELECT 1 FROM ${table} WHERE user_id <> $1`, [lee.id])).rowCount, 0, `${table}: in a user's name nobody else's rows are seen`);
	ok((await c.query('SELECT 1 FROM user_keyword_preferences')).rowCount > 0, "the user's own rows are seen");
	await c.end();
});

const trends = async () => (await web.get('/api/v1/trends')).body.data;
const trending = async () => (await trends()).map((t) => t.keyword);

await test('trends', async () => {
	await Promise.all(Array.from({ length: 10 }, (_, i) => send(i % 2 ? kim : lee, [{ videoId: 'tea', type: 'view' }, { videoId: 'tea', type: 'like' }])));
	await until(async () => (await trending())[0] === 'tea', { what: 'the keyword to rise' });
	const [t] = await trends();
	ok(t.score > 10 && t.growth > 2, `a keyword of many views rises (score ${t.score}, growth ${t.growth})`);
	ok(!(await trending()).includes('k7'), 'videos that were left at once make no trend');
	const ttl = await d.redis('TTL', 'trends:active');
	ok(ttl > 700 && ttl <= 900, `active trends are cached for a quarter of an hour (${ttl} s)`);
	await d.redis('FLUSHALL');
	await until(async () => await d.redis('GET', 'trends:intact') === '1', { what: 'the counts to be mended' });
	await until(async () => { const [n] = await trends(); return n?.keyword === 'tea' && Math.abs(n.score - t.score) < 1.5; }, { what: 'the same trend again' });
	ok(true, 'after Redis lost its data the trends are right again');
	is(await count("trend_keywords WHERE keyword = 'tea' AND is_active"), 1, 'trends are stored');
});

await test('kill -9 after the answer', async () => {
	const before = await count('user_video_interactions'), statuses = [];
	const moved = async () => { await keywords(kim); return (await d.psql('SELECT sum(events) AS n FROM user_keyword_preferences WHERE user_id = $1', [kim.id]))[0].n; };
	const moves = await moved();
	let killed = false;
	await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
		for (let i = 0; i < 25 && !killed; i++) {
			try {
				statuses.push((await send(kim, Array(10).fill({ videoId: `m${lane * 25 + i}`, type: 'view' }))).status);
			} catch { return; }
			if (statuses.length === 40) {
				killed = true;
				d.kill9(/^dure: http/);
			}
		}
	}));
	await d.ready();
	const stored = await count('user_video_interactions') - before, answered = statuses.filter((s) => s === 201).length * 10;
	ok(answered >= 400 && stored >= answered, `what was answered is stored (${answered} answered, ${stored} stored)`);
	is(stored % 10, 0, 'a list is stored whole or not at all');
	const waiting = await count('interaction_batches');
	ok(Math.abs(await moved() - moves - stored) < 0.001, `each stored interaction moves the preferences once (${waiting} batches waited)`);
	is(await count('interaction_batches WHERE $1 = ANY (users)', [kim.id]), 0, "a read of a user's preferences leaves nothing of the user waiting");
});

await test('export and erasure', async () => {
	const lines = (await web.get('/api/v1/privacy/export', by(kim))).text.trim().split('\n').map((l) => JSON.parse(l));
	const of = (store) => lines.filter((l) => l.store === store).map((l) => l.row);
	deep([of('user_keyword_preferences').some((r) => r.keyword === 'only'), of('user_video_interactions').some((r) => r.video_id === 'yoga' && r.type === 'like'),
		of('video_search_sessions').map((r) => r.query)], [true, true, ['run']], 'the export has preferences, interactions and searches');
	await send(kim, [{ videoId: 'yoga', type: 'like' }, { videoId: 'run', type: 'view' }]);
	is((await web.del('/api/v1/privacy/account', { password: kim.password }, by(kim))).status, 200, 'the account is erased');
	const tables = await d.psql(`SELECT c.table_name AS t, c.column_name AS c, c.data_type = 'ARRAY' AS list FROM information_schema.columns c JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND c.column_name ~ '^(users?|user_id|created_by)$' AND c.data_type <> 'integer'
		AND c.table_name ~ 'video|interaction|preference|recommendation|editor|trend|affinit|curation'`);
	ok(tables.length >= 6 && tables.some((t) => t.t === 'interaction_batches'), `every table of curation with a column of users is looked at (${[...new Set(tables.map((t) => t.t))].join(', ')})`);
	const holds = (t) => count(t.list ? `${t.t} WHERE $1 = ANY (${t.c})` : `${t.t} WHERE ${t.c}::text = $1`, [kim.id]);
	deep(await Promise.all(tables.map(holds)), tables.map(() => 0), 'none holds anything of the user any more, nor what had not followed yet');
});
await done();
