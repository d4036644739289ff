// external.mjs -- local servers that speak as the YouTube Data API, the Anthropic Messages API and NewsAPI are documented to, well or badly.
//
//	const outside = await startExternal();
//	outside.next('/youtube/search', { status: 503 }, { status: 429, headers: { 'retry-after': '1' } });
//
// Answers that were put with next() are used up one by one; then the usual answer follows. `outside.calls` has every request.
import http from 'node:http';
import { atEnd } from './tap.mjs';

const json = (body, headers = {}) => ({ status: 200, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
export const error = (status, body, headers = {}) => ({ ...json(body, headers), status });
export const youtubeError = (status, reason) => error(status, { error: { code: status, message: reason, errors: [{ message: reason, domain: 'youtube.quota', reason }] } });
export const anthropicError = (status, type, headers = {}) => error(status, { type: 'error', error: { type, message: type }, request_id: 'req_1' }, headers);

export const youtubeVideo = (id, title = `Video ${id}`) => ({
	kind: 'youtube#video', etag: `e-${id}`, id,
	snippet: { publishedAt: '2026-01-02T03:04:05Z', channelId: 'UC1', title, description: `About ${title}`, channelTitle: 'Channel', tags: ['Yoga', 'morning'], defaultLanguage: 'ko' },
	contentDetails: { duration: 'PT1H2M3S' }, statistics: { viewCount: '1000000', likeCount: '50000', commentCount: '7' },
});

export const message = (answer, more = {}) => ({
	id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-4-5', content: [{ type: 'text', text: typeof answer === 'string' ? answer : JSON.stringify(answer) }],
	stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 200, output_tokens: 40 }, ...more,
});
export const calm = { emotions: [{ label: 'calm', score: 0.8 }, { label: 'joy', score: 0.4 }], confidence: 0.9 };

export async function startExternal() {
	const outside = { calls: [], queues: new Map(), batches: [], videos: new Map(), found: ['aaa', 'bbb'], titles: [], etags: false };
	const usual = {
		'/youtube/search': () => json({ kind: 'youtube#searchListResponse', etag: 's1', nextPageToken: 'CAUQAA', pageInfo: { totalResults: 1000, resultsPerPage: 25 },
			items: outside.found.map((videoId) => ({ kind: 'youtube#searchResult', etag: 'x', id: { kind: 'youtube#video', videoId } })) }, outside.etags ? { etag: '"s1"' } : {}),
		'/youtube/videos': (call) => json({ kind: 'youtube#videoListResponse', etag: 'v1',
			items: call.query.id.split(',').filter((id) => !outside.gone?.includes(id)).map((id) => outside.videos.get(id) ?? youtubeVideo(id)) }, outside.etags ? { etag: '"v1"' } : {}),
		'/anthropic/v1/messages': () => json(message(calm)),
		'/news/top-headlines': () => json({ status: 'ok', totalResults: outside.titles.length, articles: outside.titles.map((title) => ({ source: { id: null, name: 'S' }, title, url: 'https://example.com/' })) }),
	};
	const batchDoc = (b) => ({ id: b.id, type: 'message_batch', processing_status: b.ended ? 'ended' : 'in_progress', created_at: b.at, expires_at: b.at, ended_at: b.ended ? b.at : null,
		request_counts: b.ended ? { processing: 0, succeeded: b.requests.length, errored: 0, canceled: 0, expired: 0 } : { processing: b.requests.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
		results_url: b.ended ? `${outside.anthropic}/v1/messages/batches/${b.id}/results` : null });

	function batches(call) {
		const [, id, results] = call.path.match(/batches(?:\/([^/]+))?(\/results)?$/);
		if (call.method === 'POST') {
			const b = { id: `msgbatch_${outside.batches.length + 1}`, at: new Date().toISOString(), requests: call.body.requests, ended: false };
			outside.batches.push(b);
			return json(batchDoc(b));
		}
		if (!id)
			return json({ data: [...outside.batches].reverse().map(batchDoc), has_more: false, first_id: null, last_id: null });
		const b = outside.batches.find((one) => one.id === id);
		if (!b)
			return anthropicError(404, 'not_found_error');
		if (!results)
			return json(batchDoc(b));
		const lines = [...b.requests].reverse().map((r) => JSON.stringify({ custom_id: r.custom_id, result: outside.result?.(r) ?? { type: 'succeeded', message: message(calm) } }));
		return { status: 200, headers: { 'content-type': 'application/x-jsonl' }, body: lines.join('\n') + '\n' };
	}

	async function answer(call, to) {
		const queue = outside.queues.get(call.path) ?? [];
		const put = queue.length > 0 ? queue.shift() : {};
		if (put.before)
			await put.before(call);
		if (put.hang)
			return;		// until the client, or the end of the test, closes it
		const it = put.status !== undefined || put.body !== undefined ? { status: 200, headers: {}, body: '', ...put } :
			call.path.includes('/batches') ? batches(call) : usual[call.path]?.(call) ?? { status: 404, headers: {}, body: '{}' };
		if (it.headers.etag && call.headers['if-none-match'] === it.headers.etag)
			return to.writeHead(304, { etag: it.headers.etag }).end();
		if (put.swallow)
			return to.destroy();
		to.writeHead(it.status, { ...it.headers, ...(put.cut ? { 'content-length': it.body.length + 100 } : {}) });
		to.write(it.body, () => (put.cut ? to.destroy() : to.end()));
	}

	const server = http.createServer((rq, to) => {
		let text = '';
		rq.on('data', (c) => { text += c; });
		rq.on('end', () => {
			const url = new URL(rq.url, 'http://x');
			const call = { method: rq.method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers: rq.headers, body: text ? JSON.parse(text) : undefined, at: Date.now() };
			outside.calls.push(call);
			answer(call, to);
		});
	});
	await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
	atEnd(() => { server.closeAllConnections(); server.close(); });
	const base = `http://127.0.0.1:${server.address().port}`;
	Object.assign(outside, { youtube: `${base}/youtube`, anthropic: `${base}/anthropic`, news: `${base}/news` });
	outside.next = (path, ...answers) => outside.queues.set(path, [...outside.queues.get(path) ?? [], ...answers]);
	outside.to = (path) => outside.calls.filter((c) => c.path === path);
	outside.env = { YOUTUBE_BASE_URL: outside.youtube, ANTHROPIC_BASE_URL: outside.anthropic, NEWS_BASE_URL: outside.news };
	return outside;
}
