#!/usr/bin/env t/lib/run
// 36-language.t -- the language of a summary follows the request (options.language, then Accept-Language), else the reviews; messages follow
// the request, else DEFAULT_LANGUAGE, on sockets too.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { CACHE_WARM_COUNT: '0' } });
const web = client(d.url);
const korean = ['향이 좋고 정말 맛있어요', '포장이 엉망이고 실망했습니다', '배송이 빨라서 좋아요'], english = ['Great tea, I will buy it again', 'Awful, it arrived broken', 'I love it'];
const reviews = (productId, texts) => web.post(`/api/products/${productId}/reviews`, texts.map((text) => ({ text })));
const en = /^Of \d+ reviews/, ko = /^리뷰 \d+건 중/, hangul = /[가-힣]/;

// Ask, follow it to its end, and read the summary: { answer, summary, messages }.
async function analyse(productId, options, language, server = d) {
	const at = client(server.url);
	const answer = (await at.post('/api/analyze', { productId, options }, { language })).body;
	const s = await ioConnect(server.url);
	await s.ask('subscribe-analysis', answer.taskId);
	if (!answer.fromCache)
		await s.next('analysis-update', (u) => u.status === 'completed');
	s.disconnect();
	const { body } = await at.get(`/api/analyze/result/${productId}`);
	return { answer, summary: body.result.summary, messages: s.all('analysis-update').map(([u]) => u.message), result: body.result };
}

await test('reviews decide where no language is requested', async () => {
	for (const [id, texts, want] of [['ko', korean, ko], ['en', english, en], ['mixed', [...korean, 'I love it'], ko]])
		await reviews(id, texts).then(async () => like((await analyse(id)).summary, want, `the summary follows the language of the reviews: ${id}`));
	const { result } = await analyse('ko');
	deep(Object.keys(result), ['productId', 'sentiment', 'summary', 'keywords', 'totalReviews', 'createdAt', 'updatedAt'], 'a result has the same members as before');
});

await test('the request decides', async () => {
	await reviews('tea', korean);
	const first = await analyse('tea', undefined, 'en-US,en;q=0.9');
	like(first.summary, en, 'Accept-Language gives an English summary of Korean reviews');
	ok(first.messages.length > 0 && first.messages.every((m) => !hangul.test(m)), 'Accept-Language gives English messages', ...first.messages);
	await reviews('cup', english);
	const option = await analyse('cup', { language: 'ko' }, 'en');
	like(option.summary, ko, 'options.language wins over Accept-Language');
	ok(option.messages.every((m) => hangul.test(m)), 'options.language selects the language of the messages', ...option.messages);
	is(option.answer.message, 'The analysis has started.', 'the answer is in the language of its own request');
});

await test('no language requested', async () => {
	for (const [who, language] of [['node', '*'], ['a Frenchman', 'fr-FR,fr;q=0.9'], ['a Korean', 'ko']]) {
		await reviews(who.length, english);
		const r = await analyse(String(who.length), undefined, language);
		ok(hangul.test(r.answer.message) && r.messages.every((m) => hangul.test(m)), `${who} gets Korean messages`, ...r.messages);
		like(r.summary, language === 'ko' ? ko : en, `${who} gets a summary in the language ${language === 'ko' ? 'of the request' : 'of the reviews'}`);
	}
	const curl = await (await fetch(`${d.url}/api/analyze`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).json();
	like(curl.error.message, hangul, 'messages follow DEFAULT_LANGUAGE');
});

await test('an existing result', async () => {
	const has = (r) => [r.answer.fromCache, en.test(r.summary) ? 'en' : 'ko'];
	deep(has(await analyse('tea', undefined, 'ko')), [true, 'en'], 'a browser in another language gets the existing result');
	deep(has(await analyse('tea', { language: 'en' })), [true, 'en'], 'a request for the result\'s language gets it');
	const again = await analyse('tea', { language: 'ko' });
	deep(has(again), [false, 'ko'], 'a request for the other language starts a new analysis');
	deep(has(await analyse('tea', { language: 'ko' })), [true, 'ko'], 'the new result replaces the old one');
	deep(has(await analyse('tea')), [true, 'ko'], 'all clients get the new result');
	const [row] = await d.psql("SELECT payload ->> 'summaryLanguage' AS l FROM analysis_requests WHERE product_id = 'mixed'");
	is(row.l, 'ko', 'a result records the language of its reviews');
	deep(has(await analyse('mixed', { language: 'ko' })), [true, 'ko'], 'a request for that language gets it');
});

await test('the request on the topics', async () => {
	const ask = async (path, data, language) => (await web.post(path, data, { language })).body.data;
	const { requestId } = await ask('/api/kafka/analysis/realtime', { productId: 'live', options: { includeTrends: true } }, 'en');
	const { jobId } = await ask('/api/kafka/analysis/multi-batch', { productIds: ['b1', 'b2'], options: { language: 'en' } }, 'ko');
	const rows = await d.psql("SELECT payload ->> 'language' AS l, payload -> 'options' AS o FROM analysis_requests WHERE task_id = $1 OR payload ->> 'jobId' = $2 ORDER BY payload ->> 'jobId' NULLS FIRST", [requestId, jobId]);
	deep(rows.map((r) => r.l), ['en', 'en', 'en'], 'the message names the language');
	deep(rows.map((r) => r.o?.language), [undefined, 'en', 'en'], 'the message has the client\'s options unchanged');
	for (const path of ['/api/analyze', '/api/kafka/analysis/realtime', '/api/kafka/analysis/batch', '/api/kafka/analysis/multi-batch']) {
		const r = await web.post(path, { productId: 'x', productIds: ['x'], options: { language: 'fr' } }, { language: 'en' });
		deep([r.status, r.body.error.details?.map((f) => f.field)], [400, ['options.language']], `${path} refuses a language other than ko and en`);
	}
	is((await web.get('/api/analyze/status/x')).status, 404, 'no analysis was started');
});

await test('English by default', async () => {
	const e = await startDure({ env: { DEFAULT_LANGUAGE: 'en', CACHE_WARM_COUNT: '0' } });
	const at = client(e.url);
	await at.post('/api/products/tea/reviews', korean.map((text) => ({ text })));
	const r = await analyse('tea', undefined, '*', e);
	ok(!hangul.test(r.answer.message) && r.messages.every((m) => !hangul.test(m)), 'messages are English with DEFAULT_LANGUAGE=en', ...r.messages);
	like(r.summary, ko, 'a summary follows the reviews with DEFAULT_LANGUAGE=en');
	like((await at.post('/api/analyze', {}, { language: 'ko' })).body.error.message, hangul, 'messages are Korean on request');
	const fault = async (server, headers) => (await (await ioConnect(server.url, { extraHeaders: headers })).ask('subscribe-analysis')).error.message;
	isnt(hangul.test(await fault(e)), true, 'socket messages are English with DEFAULT_LANGUAGE=en');
	like(await fault(e, { 'accept-language': 'fr,ko;q=0.5' }), hangul, 'a socket may request Korean');
	like(await fault(d, { 'accept-language': '*' }), hangul, 'a socket without a preference gets DEFAULT_LANGUAGE');
	isnt(hangul.test(await fault(d, { 'accept-language': 'fr,en;q=0.5' })), true, "English is found anywhere in a socket's Accept-Language");
});

// A pipeline of another service, over a Redis channel.
await test('an outside pipeline', async () => {
	const o = await startDure({ env: { ANALYZER: 'off', CACHE_WARM_COUNT: '0' } });
	const at = client(o.url), ask = async (options, language) => (await at.post('/api/analyze', { productId: 'tea', options }, { language })).body;
	await until(async () => (await o.redis('PUBSUB', 'NUMPAT')) >= 3, { what: 'the bridge to listen' });
	const finish = async (task, language) => {
		await o.redis('PUBLISH', `analysis_updates:${task}`, JSON.stringify({ status: 'completed',
			results: { sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: '…', language, keywords: [], totalReviews: 8 } }));
		await until(async () => (await at.get('/api/analyze/status/tea')).body.status === 'completed', { what: 'the outcome' });
	};
	const first = (await ask(undefined, 'en')).taskId;
	is((await ask({ language: 'ko' })).taskId, first, 'a running analysis is joined whatever the language');
	await finish(first);
	is((await ask({ language: 'en' })).fromCache, true, 'a result without a language counts as the requested one');
	const task = (await ask({ language: 'ko' })).taskId;
	isnt(task, first, 'another language starts a new analysis');
	await finish(task, 'en-US');
	is((await ask({ language: 'en' })).fromCache, true, 'a language declared by the pipeline is trusted');
});
await done();
