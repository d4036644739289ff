#!/usr/bin/env t/lib/run
// 74-curation-recommend.t -- recommendations: cold start, taste, co-occurrence, mood, diversity, reasons, the cache and its end, attribution,
// editors' lists, products, live updates, the shape of Gorse, key figures.
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', TRENDS_EVERY: '1s', AFFINITY_EVERY: '1s', RECOMMENDATION_UPDATE_MS: '100', API_KEY_SECRET: 'a secret of the keys, long enough' } });
const web = client(d.url);
const [admin, kim, lee, park] = [await account(d, 'a@example.com', { role: 'admin' }), await account(d, 'kim@example.com'), await account(d, 'lee@example.com'),
	await account(d, 'park@example.com')];
const by = (who, more = {}) => ({ token: who.token, ...more });
const ago = (days) => new Date(Date.now() - days * 86400000).toISOString();
const moods = ['joy', 'calm', 'sad', 'angry'];

// Ten subjects of thirty videos in five channels each; the number of views falls with the number.
const subjects = ['yoga', 'jazz', 'ramen', 'chess', 'cats', 'cars', 'space', 'garden', 'opera', 'surf'];
const videos = subjects.flatMap((s, k) => Array.from({ length: 30 }, (_, i) => ({ videoId: `${s}-${i}`, title: `${s} number ${i}`, channelId: `${s}-c${i % 15}`,
	viewCount: 100000 - 100 * i - k, likeCount: 500, publishedAt: ago(10 + i), keywords: [s, `${s}${i % 5}`], emotions: { [moods[i % 4]]: 0.9 } })));
await web.post('/api/v1/videos/import', videos, by(admin));
const watch = async (who, list, type = 'view', more = {}) => (await web.post('/api/v1/interactions', list.map((videoId) => ({ videoId, type, ...more })), by(who))).status;
const recommended = async (who, query = '', options = {}) => (await web.get(`/api/v1/recommendations${query}`, by(who, options))).body.data;
const names = (list) => list.map((r) => r.video.videoId);
const subject = (id) => id.split('-')[0];
const computed = (who) => until(async () => (await d.psql(`SELECT 1 FROM user_video_interactions i LEFT JOIN video_affinities a USING (video_id)
	WHERE user_id = $1 AND (a.computed_at IS NULL OR a.computed_at < i.at)`, [who.id])).length === 0, { ms: 20000, what: 'the affinities' });

await test('cold start', async () => {
	is((await web.get('/api/v1/recommendations')).status, 401, 'an anonymous caller has no recommendations');
	await watch(lee, ['cats-0', 'cats-1', 'cats-2', 'cats-3']);
	await until(async () => (await web.get('/api/v1/trends')).body.data.some((t) => t.keyword === 'cats'), { what: 'the trend' });
	const list = await recommended(park);
	is(list.length, 20, 'a new user gets 20 videos');
	deep([...new Set(list.map((r) => r.algorithm))], ['trends'], 'their algorithm is named trends');
	ok(list.some((r) => r.reasonType === 'trend' && /cats/.test(r.reason)), 'the reason names the trend', list.map((r) => r.reason).join(', '));
	is((await web.get('/api/v1/recommendations?limit=51', by(park))).status, 400, 'more than 50 are refused');
	is((await recommended(park, '?limit=7')).length, 7, 'the limit is kept');
});

await test('taste', async () => {
	await watch(kim, ['yoga-0', 'yoga-5', 'yoga-10', 'jazz-1'], 'like');
	const list = await recommended(kim);
	const own = names(list).filter((id) => ['yoga', 'jazz'].includes(subject(id))).length;
	ok(own >= 10, `most videos are of liked subjects (${own} of ${list.length})`);
	ok(!names(list).some((id) => ['yoga-0', 'yoga-5', 'yoga-10', 'jazz-1'].includes(id)), 'nothing watched is in the list');
	const channels = Object.values(Object.groupBy ? Object.groupBy(list, (r) => r.video.channelId) : list.reduce((m, r) => ({ ...m, [r.video.channelId]: [...(m[r.video.channelId] ?? []), r] }), {}));
	ok(channels.every((c) => c.length <= 2), 'at most two of a channel are in 20');
	ok(list.every((r, i) => r.score > 0 && r.reason && r.recommendationId === list[0].recommendationId && /^hybrid-[ab]$/.test(r.algorithm)),
		'each has a score, a reason, the algorithm and the id of the list');
	like(list.find((r) => r.reasonType === 'keyword')?.reason, /관심 키워드 ‘(yoga|jazz)\d?’/, 'the reason is in Korean');
	like((await recommended(kim, '', { language: 'en' })).find((r) => r.reasonType === 'keyword')?.reason, /Because you like “/, 'or in English');
});

await test('what others watched', async () => {
	const crowd = await Promise.all(Array.from({ length: 6 }, (_, i) => account(d, `c${i}@example.com`)));
	for (const who of crowd)
		await watch(who, ['surf-3', 'opera-7', 'chess-9']);
	await watch(park, ['surf-3'], 'save');
	await computed(park);
	const [first, second] = await until(async () => { const l = await recommended(park); return names(l.slice(0, 2)).sort().join() === 'chess-9,opera-7' && l; },
		{ what: 'videos that were watched together with it' });
	deep([first.reasonType, /surf number 3/.test(first.reason), second.reasonType], ['neighbour', true, 'neighbour'], 'the reason names the video that others watched too');
	const similar = (await web.get('/api/v1/recommendations/videos/surf-3/similar?limit=5')).body.data;
	deep([names(similar.slice(0, 2)).sort(), similar[0].recommendationId], [['chess-9', 'opera-7'], null], 'similar videos are those watched together; an anonymous list has no id');
	const like2 = (await web.get('/api/v1/recommendations/videos/cars-9/similar?limit=5', by(kim))).body.data;
	ok(like2.length === 5 && names(like2).every((id) => subject(id) === 'cars' && id !== 'cars-9'), 'without such users similar videos share keywords', names(like2).join());
	is((await web.get('/api/v1/recommendations/videos/none/similar')).body.error.code, 'VIDEO_NOT_FOUND', 'an unknown video has none');
});

await test('mood', async () => {
	const calm = await recommended(kim, '?emotion=calm', { language: 'en' });
	ok(calm.slice(0, 8).every((r) => r.video.emotions.calm), 'the first videos fit the mood', JSON.stringify(calm.slice(0, 8).map((r) => r.video.emotions)));
	is(calm[0].reason, 'Fits your mood: calm', 'the mood is the reason');
	is((await web.get('/api/v1/recommendations?emotion=hungry', by(kim))).status, 400, 'an unknown emotion is refused');
});

await test('the cache and its end', async () => {
	const [a, b] = [await recommended(kim), await recommended(kim)];
	is(a[0].recommendationId, b[0].recommendationId, 'a list is cached');
	await watch(kim, [a[0].video.videoId], 'hide');
	const c = await until(async () => { const l = await recommended(kim); return l[0].recommendationId !== a[0].recommendationId && l; }, { what: 'a new list' });
	ok(!names(c).includes(a[0].video.videoId), 'an interaction ends it; a hidden video is gone');
	const before = await d.psql('SELECT id, item_ids, algorithm FROM recommendation_lists WHERE id = $1', [c[0].recommendationId]);
	deep(before[0].item_ids, names(c), 'the list is stored for attribution');
});

await test('attribution', async () => {
	const [first] = await recommended(kim);
	const clicks = async () => Number((await web.get('/metrics')).text.match(/recommendations_clicked_total\{type="videos"\} (\d+)/)[1]);
	const n = await clicks();
	await watch(lee, [first.video.videoId], 'view', { recommendationId: first.recommendationId });
	is(await clicks(), n, "another user's click does not count");
	await watch(kim, [first.video.videoId], 'view', { recommendationId: first.recommendationId });
	await watch(kim, [first.video.videoId], 'like', { recommendationId: first.recommendationId });
	is(await clicks(), n + 1, 'a click on a recommended video counts once for its list');
	like((await web.get('/metrics')).text, /recommendations_generated_total\{type="videos",algorithm="hybrid-[ab]"\} [1-9]/, 'lists are counted by type and algorithm');
	const kpi = (await web.get('/api/v1/curation/kpi', by(admin))).body.data;
	ok(kpi.clicked === 1 && kpi.clickRate > 0 && kpi.sessions >= 4 && kpi.videosPerSession > 1, `the key figures of the day are told (${JSON.stringify(kpi)})`);
	is((await web.get('/api/v1/curation/kpi', by(kim))).status, 403, 'to admins alone');
	await d.psql(`INSERT INTO recommendation_lists (user_id, type, algorithm, item_ids, created_at, clicked_at) SELECT $1, 'videos', 'hybrid-a', '{}', now() - interval '2 days',
		CASE i WHEN 1 THEN now() - interval '47 hours' WHEN 2 THEN now() - interval '1 hour' END FROM generate_series(1, 4) i`, [lee.id]);
	d.kill9(/^dure: cron/);		// the new one measures at once
	await until(async () => /recommendation_accuracy\{algorithm="hybrid-a"\} 0\.25/.test((await web.get('/metrics')).text), { ms: 20000, what: 'the accuracy' });
	ok(true, 'accuracy is the share of lists that were clicked within 24 hours');
});

await test("editors' lists", async () => {
	const put = (entry) => web.post('/api/v1/editor/lists', entry, by(admin));
	is((await web.post('/api/v1/editor/lists', { action: 'pin', target: 'video', value: 'garden-2' }, by(kim))).status, 403, 'a user may not edit');
	is((await put({ action: 'praise', target: 'video', value: 'x' })).status, 400, 'an unknown action is refused');
	const pin = (await put({ action: 'pin', target: 'video', value: 'garden-2' })).body.data;
	await put({ action: 'block', target: 'keyword', value: ' YOGA ' });
	await put({ action: 'boost', target: 'channel', value: 'space-c4', factor: 10 });
	deep((await web.get('/api/v1/editor/lists', by(admin))).body.data.map((e) => [e.action, e.target, e.value, e.factor]),
		[['boost', 'channel', 'space-c4', 10], ['block', 'keyword', 'yoga', 1], ['pin', 'video', 'garden-2', 1]], 'the entries are listed, keywords in stored form');
	const fresh = async (who) => { await watch(who, ['ramen-29'], 'view', { watchMs: 100 }); return until(async () => { const l = await recommended(who); return l.some((r) => r.reasonType === 'pin') && l; }, { what: 'the pin' }); };
	const list = await fresh(kim);
	deep([names(list)[0], list[0].reasonType], ['garden-2', 'pin'], 'a pinned video comes first, with its reason');
	ok(!names(list).some((id) => subject(id) === 'yoga'), 'a blocked keyword is gone');
	ok(list.some((r) => r.video.channelId === 'space-c4') || (await recommended(park)).length > 0, 'a boosted channel may come');
	const cached = await recommended(kim);
	is(cached[0].recommendationId, (await recommended(kim))[0].recommendationId, 'the list is cached');
	is((await web.del(`/api/v1/editor/lists/${pin.id}`, undefined, by(admin))).status, 200, 'an entry is taken back');
	await until(async () => names(await recommended(kim))[0] !== 'garden-2', { what: 'the pin to leave cached lists' });
	const { body: { data: again } } = await put({ action: 'pin', target: 'video', value: 'garden-2' });
	await until(async () => names(await recommended(kim))[0] === 'garden-2', { what: 'the pin to reach cached lists' });
	await web.del(`/api/v1/editor/lists/${again.id}`, undefined, by(admin));
	await web.patch(`/api/v1/videos/${cached[1].video.videoId}`, { hidden: true }, by(admin));
	await until(async () => !names(await recommended(kim)).includes(cached[1].video.videoId), { what: 'a hidden video to leave cached lists' });
	ok(true, "editors' changes reach cached lists at once");
	await web.patch(`/api/v1/videos/${cached[1].video.videoId}`, { hidden: false }, by(admin));
	is((await web.del(`/api/v1/editor/lists/${pin.id}`, undefined, by(admin))).status, 404, 'once');
	await web.patch('/api/v1/videos/ramen-0', { pinnedUntil: '2090-01-01T00:00:00Z' }, by(admin));
	await watch(park, ['ramen-28'], 'skip');
	const next = await until(async () => { const l = await recommended(park); return l[0].reasonType === 'pin' && l; }, { what: 'the pinned video' });
	is(names(next)[0], 'ramen-0', 'a video pinned by PATCH comes first');
	await d.psql('DELETE FROM editor_lists');
});

await test('live', async () => {
	const s = await ioConnect(d.url, { auth: { token: park.token } });
	await s.ask('join-user-room', park.id);
	const before = names(await recommended(park)).slice(0, 10);
	await watch(park, ['yoga-0', 'yoga-5', 'yoga-10', 'yoga-15', 'yoga-20'], 'like');
	const [update] = await s.next('recommendations:update');
	ok(update.changed >= 3 && update.videoIds.length === 10 && update.videoIds.filter((id) => !before.includes(id)).length === update.changed,
		`a user whose list changes much hears of it (${update.changed} of 10)`);
	s.close();
});

await test('products', async () => {
	await d.psql(`INSERT INTO products (id, name, price, stock, sold, seller_id) VALUES ('mat', 'Jazz poster', 9900, 5, 10, $1), ('pot', 'Pot', 9900, 5, 200, $1), ('bad', 'Pan', 9900, 5, 200, $1)`, [admin.id]);
	await d.psql(`INSERT INTO analysis_results (product_id, task_id, status, sentiment_positive, sentiment_negative, sentiment_neutral, total_reviews)
		VALUES ('pot', 't1', 'completed', 92, 5, 3, 400), ('bad', 't2', 'completed', 12, 80, 8, 400)`);
	await web.put('/api/v1/preferences/keywords', { keywords: [{ keyword: 'jazz', score: 1 }] }, by(lee));
	const list = (await web.get('/api/v1/recommendations/products', by(lee, { language: 'en' }))).body.data;
	deep(list.map((r) => [r.product.id, r.reasonType]), [['pot', 'sentiment'], ['mat', 'keyword'], ['bad', 'popular']].sort((a, b) => list.findIndex((r) => r.product.id === a[0]) - list.findIndex((r) => r.product.id === b[0])),
		'products come with their reasons');
	ok(list.findIndex((r) => r.product.id === 'bad') === 2, 'one that its reviews dislike comes last');
	deep([list.find((r) => r.product.id === 'pot').reason, list.find((r) => r.product.id === 'pot').sentiment.positive], ['92% of its reviews are positive', 92], 'the sentiment is told');
});

await test("Gorse's shape", async () => {
	const key = (await web.post('/api/v1/api-keys', { name: 'shop' }, by(admin))).body.data.key, as = { headers: { 'x-api-key': key } };
	const feedback = [{ FeedbackType: 'read', UserId: lee.id, ItemId: 'cars-1', Timestamp: '2026-01-01T00:00:00Z' }, { FeedbackType: 'like', UserId: kim.id, ItemId: 'cars-2' }];
	const rights = (await web.post('/api/feedback', feedback, as));
	const may = rights.status === 200 ? as : by(admin);
	deep((await web.post('/api/feedback', feedback, may)).body, { RowAffected: 2 }, 'feedback of several users is taken');
	ok((await d.psql("SELECT 1 FROM user_video_interactions WHERE user_id = $1 AND video_id = 'cars-1' AND at = '2026-01-01'", [lee.id])).length > 0, 'with its time');
	const ids = (await web.get(`/api/recommend/${kim.id}?n=5`, may)).body;
	ok(Array.isArray(ids) && ids.length === 5 && ids.every((id) => typeof id === 'string'), "a user's recommendations are a list of ids");
	is((await web.get(`/api/recommend/${kim.id}`, by(lee))).status, 403, 'another user may not read them');
	is((await web.post('/api/feedback', feedback, by(lee))).status, 403, 'nor give feedback for others');
	is((await web.post('/api/feedback', [{ FeedbackType: 'stare', UserId: lee.id, ItemId: 'cars-1' }], by(lee))).status, 400, 'an unknown type is refused');
	is((await web.post('/api/feedback', [{ FeedbackType: 'like', UserId: lee.id, ItemId: 'nowhere' }], by(lee))).body.error.code, 'VIDEO_NOT_FOUND', 'an unknown item too');
	like(String(rights.status), /^(200|403)$/, `an admin's key is answered (${rights.status})`);
});
await done();
