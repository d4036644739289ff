#!/usr/bin/env t/lib/run
// 25-page-demo.t -- the demo page in a real browser: it uploads reviews and follows an analysis live to its end, in Korean and
// in English, without an error on the console, and also while the socket is down.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import fs from 'node:fs';
import path from 'node:path';
import { audit, fits } from './lib/axe.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { root, scratchDir, startDure } from './lib/dure.mjs';
import { deep, diag, done, is, like, ok, skip, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const assets = `${root}/worker/http/page`;
const corpus = path.resolve(root, '../shared/data/nsmc/reviews.ndjson');
const REVIEWS = 3000;		// enough to be seen running
const COMPLETED_MS = 90000;

const browser = await openBrowser();
const d = await startDure();
const text = (page, id) => page.textContent(`#${id}`);
const online = (page) => page.waitForSelector('#connection[data-state=online]');
const completed = (page) => page.waitForSelector('#run[data-state=done]', { timeout: COMPLETED_MS });
const shot = (page, name) => process.env.PAGE_SHOTS &&
	page.screenshot({ path: `${process.env.PAGE_SHOTS}/${name}.png`, fullPage: true });

async function choose(page, id) {
	await page.fill('#product', id);
	await page.keyboard.press('Escape');
}

// The first reviews of the corpus as a file; null where the corpus is not here.
function reviewFile() {
	if (!fs.existsSync(corpus))
		return null;
	const fd = fs.openSync(corpus, 'r'), head = Buffer.alloc(400 * REVIEWS);
	const bytes = fs.readSync(fd, head);
	fs.closeSync(fd);
	const file = path.join(scratchDir(), 'reviews.ndjson');
	fs.writeFileSync(file, head.subarray(0, bytes).toString('utf8').split('\n').slice(0, REVIEWS).join('\n') + '\n');
	return file;
}

await test('assets', async () => {
	const types = { '.js': /^text\/javascript/, '.css': /^text\/css/, '.svg': /^image\/svg\+xml/, '.html': /^text\/html/ };
	const read = (name) => fs.readFileSync(`${assets}/${name}`, 'utf8');
	for (const name of fs.readdirSync(assets).filter((f) => f !== 'head.html')) {
		const source = (name.endsWith('.html') ? read('head.html') : '') + read(name);
		const answer = await fetch(d.url + (name === 'index.html' ? '/' : `/${name}`));
		const own = source.replace('http://www.w3.org/2000/svg', '').replace('https://www.youtube.com/watch?v=', '');	// a link that people follow
		ok(!/\b(https?|wss?):\/\/|['"( ]\/\/[a-z]|data:[a-z]+\//.test(own), `${name} names no host`);
		ok(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|<[a-z][^>]* (style|on[a-z]+)=/.test(own),
			`${name} makes no markup of data and has no inline script or style`);
		deep([answer.status, types[path.extname(name)].test(answer.headers.get('content-type')),
			/default-src 'self'/.test(answer.headers.get('content-security-policy')), await answer.text() === source],
		[200, true, true, true], `${name} is served byte for byte, with its content type and the security policy`);
	}
});

await test('input formats', async () => {
	const page = await openPage(browser, d.url);
	const read = (content, name = '') => page.evaluate(async ([content, name]) => {
		const { batches } = await import('/reviews.js');
		const records = [], bad = [];
		const bytes = typeof content === 'string' ? content : new Uint8Array(content);
		for await (const batch of batches(new File([bytes], name))) {
			records.push(...batch.body.trim().split('\n').filter(Boolean).map((r, i) => [batch.lines[i], JSON.parse(r)]));
			bad.push(...batch.bad.map((b) => [b.line, b.reason]));
		}
		return { records, bad };
	}, [content, name]);

	deep(await read('[강추] 좋아요\r\n\n나빠요'), { records: [[1, { text: '[강추] 좋아요' }], [3, { text: '나빠요' }]], bad: [] },
		'the page reads plain text, a review on each line');
	deep(await read('\ufeff{"text":"a","x":1}\n{"text":""}\n{broken\n{"document":"나","id":7,"rating":"4"}'),
		{ records: [[1, { text: 'a' }], [4, { text: '나', id: '7', rating: 4 }]], bad: [[2, 'text'], [3, 'json']] }, 'the page reads NDJSON');
	deep(await read(' [ {"text":"a, [b]\\""},\n "그냥", {bad}, {"no":1} ]'),
		{ records: [[1, { text: 'a, [b]"' }], [2, { text: '그냥' }]], bad: [[3, 'json'], [4, 'text']] }, 'the page reads a JSON array');
	deep(await read('id\tdocument\tlabel\n1\t좋다\t1\n\t없음\t0\n3\t\t0\n'),
		{ records: [[2, { id: '1', text: '좋다' }], [3, { text: '없음' }]], bad: [[4, 'text']] }, 'the page reads TSV with a header');
	deep(await read('1\t아주 좋은 영화\t1\n2\t별로\t0\n'),
		{ records: [[1, { id: '1', text: '아주 좋은 영화' }], [2, { id: '2', text: '별로' }]], bad: [] }, 'the page reads TSV without a header');
	deep((await read([0xc1, 0xc1, 0xbe, 0xc6, 0xbf, 0xe4])).records, [[1, { text: '좋아요' }]], 'the page reads CP949');
	deep(await read(''), { records: [], bad: [] }, 'the page reads an empty file');

	const big = await page.evaluate(async () => {
		const { batches } = await import('/reviews.js');
		const line = (i) => JSON.stringify({ id: `r${i}`, text: '간만에 정말 좋은 영화를 본 것 같다. '.repeat(3), rating: 9 });
		const file = new File([Array.from({ length: 100000 }, (_, i) => line(i)).join('\n')], 'big.ndjson');
		let count = 0, largest = 0, gap = 0, last = performance.now();
		const timer = setInterval(() => { gap = Math.max(gap, performance.now() - last); last = performance.now(); });
		for await (const batch of batches(file)) {
			count += batch.lines.length;
			largest = Math.max(largest, new Blob([batch.body]).size);
		}
		clearInterval(timer);
		return { bytes: file.size, count, largest, gap };
	});
	is(big.count, 100000, 'the page reads every line of a large file');
	ok(big.largest < 2 << 20, 'the page sends a large file in bodies of bounded size', `${big.largest} bytes`);
	ok(big.gap < 1000, 'a large file does not freeze the tab', `${big.gap} ms`);
	diag(`${(big.bytes / 1e6).toFixed(1)} MB read, longest pause ${big.gap.toFixed(0)} ms`);
	deep(page.faults, [], 'reading files reports no error in the browser');
	await page.context().close();
});

await test('from reviews to the result, live', async () => {
	const file = reviewFile();
	const page = await openPage(browser, d.url, { locale: 'ko-KR' });
	await online(page);
	is(await text(page, 'connection'), '실시간 연결됨', 'the page says that it is connected');
	await audit(page, 'analysis-empty');

	await page.click('#analyse');
	ok(await page.isVisible('#product-fault'), 'the page asks for a product beside the field');
	await choose(page, '데모 영화 1');
	if (file) {
		await page.setInputFiles('#file', file);
	} else {
		skip(`${corpus} is not here`, 'reviews of the corpus');
		await page.click('#sample');
	}
	await page.click('#upload');
	await page.waitForSelector('#upload-run[data-state=done]');
	const [{ n }] = await d.psql('SELECT count(*)::int AS n FROM raw_reviews');
	ok(n > 0, 'the server stores the uploaded reviews');
	like(await text(page, 'upload-text'), new RegExp(`${n.toLocaleString()}건`), 'the page reports the number of stored reviews');
	await page.click('#product');
	await page.waitForSelector('#product-list [role=option] >> text=데모 영화 1');
	await page.keyboard.press('Escape');

	// Progress must be seen to arrive, and by the socket.
	await page.evaluate(() => {
		window.progress = [];
		new MutationObserver(() => window.progress.push(Number(document.getElementById('run-bar').getAttribute('aria-valuenow'))))
			.observe(document.getElementById('run-bar'), { attributes: true });
	});
	await page.click('#analyse');
	await page.waitForSelector('#cards .card');
	await shot(page, 'ko-running');
	await completed(page);
	const progress = await page.evaluate(() => window.progress);
	ok(progress.every((p, i) => i === 0 || p >= progress[i - 1]), 'the progress bar never goes back', progress.join(' '));
	is(progress.at(-1), 100, 'the progress bar reaches 100');
	is(await text(page, 'run-percent'), '100%', 'the page reports 100%');
	ok(await page.locator('#cards .card').count() > 0, 'the page shows cards');
	ok(page.heard('analysis-update') > 0, 'progress arrives over the socket');
	ok(!file || page.heard('sentiment-card') > 0, 'cards arrive over the socket');
	ok(!file || await page.locator('#cards .card.arriving').count() > 0, 'cards are shown as they arrive');
	like(await page.getAttribute('#gauge', 'aria-label'), /^긍정 \d+%$/, "the gauge's label has the positive share");
	ok(await page.evaluate(() => document.querySelector('#gauge .value').getTotalLength() > 100), 'the gauge is drawn');
	ok(await page.locator('#keywords li').count() > 0, 'the page shows keywords');
	const chips = await page.$$eval('#keywords li', (all) => all.map((li) => [li.querySelector('small')?.textContent, li.classList.length, li.firstChild.textContent]));
	ok(chips.every(([n, classes]) => /^[\d,]+$/.test(n) && classes === 2), 'each keyword has its count and its mood', JSON.stringify(chips));
	const stored = (await (await fetch(`${d.url}/api/products/${encodeURIComponent('데모 영화 1')}/keywords?limit=100`)).json()).data;
	const most = stored.reduce((best, k) => k.count > best.count ? k : best);
	deep(chips[0].map((x) => x), [most.count.toLocaleString('en'), 2, most.keyword], 'the most frequent keyword comes first, with the stored count');
	ok((await text(page, 'summary')).length > 10, 'the page shows a summary');
	like(await text(page, 'facts'), new RegExp(`읽은 리뷰${n.toLocaleString()}`), 'the page reports that every review was read');
	const result = await (await fetch(`${d.url}/api/analyze/result/${encodeURIComponent('데모 영화 1')}`)).json();
	is(await text(page, 'gauge-number'), String(Math.round(result.result.sentiment.positive)), 'the gauge has the share of the result');
	await shot(page, 'ko-completed');
	await audit(page, 'analysis');
	await fits(page, 'analysis');

	await page.click('[data-filter=negative]');
	is(await page.locator('#cards .card:not(.negative)').count(), 0, 'cards can be filtered by mood');
	await page.click('[data-filter=all]');
	await page.click('#analyse');
	await page.waitForSelector('#run-message >> text=저장된 결과입니다');
	ok(await page.waitForSelector('#cards .card').then(() => true, () => false), 'a saved result shows its stored cards');

	await page.click('[data-language=en]');
	is(await page.getAttribute('html', 'lang'), 'en', 'the page switches its language');
	is(await text(page, 'analyse'), 'Analyse', 'the controls follow the language');
	is(await text(page, 'run-message'), 'This is a saved result', 'the message shown follows the language');
	ok(!/[가-힣]/.test(await text(page, 'facts')), 'the facts follow the language');
	like(await text(page, 'snippet'), /%EB%8D%B0%EB%AA%A8%20%EC%98%81%ED%99%94%201\/reviews/, 'the code example names the product');
	ok((await text(page, 'snippet')).includes(d.url), 'the code example names this server');
	await page.click('#tab-socket');
	like(await text(page, 'snippet'), /subscribe-analysis/, 'the second code example is for socket.io-client');
	await page.reload();
	await online(page);
	is(await page.getAttribute('html', 'lang'), 'en', 'the choice of language survives a reload');
	is(await page.inputValue('#product'), '데모 영화 1', 'the product survives a reload');
	deep(page.faults, [], 'the page reports no error, no policy violation and no foreign host');
	await page.context().close();
});

await test('small and dark', async () => {
	const page = await openPage(browser, `${d.url}/?product=%EB%8D%B0%EB%AA%A8+%EC%98%81%ED%99%94+1`,
		{ locale: 'en-GB', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
	await online(page);
	is(await text(page, 'analyse'), 'Analyse', 'the page takes its language from the browser');
	await page.focus('#product');
	await page.keyboard.press('Escape');
	await page.keyboard.press('Enter');
	await completed(page);
	like(await text(page, 'summary'), /reviews/, "the summary follows the page's language, though a Korean result exists");
	ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no element is wider than a small screen');
	await shot(page, 'en-small-dark');
	deep(page.faults, [], 'the dark page on a small screen reports no error');
	await page.context().close();
});

await test('faults are shown beside their control', async () => {
	const page = await openPage(browser, d.url, { locale: 'ko-KR' });
	const refusal = { success: false, requestId: 'r-1', error: { code: 'VALIDATION_FAILED', message: '입력이 잘못되었습니다.',
		details: [{ field: 'productId', reason: '너무 깁니다' }] } };
	await page.route('**/api/analyze', (r) => r.fulfill({ status: 400, json: refusal }));
	await choose(page, 'refused');
	await page.click('#analyse');
	await page.waitForSelector('#analyse-fault:not([hidden])');
	like(await text(page, 'analyse-fault'), /입력이 잘못되었습니다\..*productId 너무 깁니다.*VALIDATION_FAILED.*r-1/s, 'a refusal shows its message, details, code and request id');

	let busy = 1;
	await page.route('**/api/products/*/reviews', (r) => busy-- > 0 ? r.fulfill({ status: 503, headers: { 'Retry-After': '1' },
		json: { success: false, error: { code: 'UNAVAILABLE', message: '잠시 뒤에', details: [] } } }) : r.continue());
	await page.fill('#text', '좋아요 정말 최고\n별로예요 실망');
	await page.click('#upload');
	await page.waitForSelector('#upload-text >> text=서버가 바쁩니다');
	await page.waitForSelector('#upload-run[data-state=done]');
	like(await text(page, 'upload-text'), /2건/, 'an upload continues after the server was busy');
	await page.context().close();
});

await test('an analysis that fails says why', async () => {
	const page = await openPage(browser, d.url, { locale: 'en-US' });
	await online(page);
	await choose(page, 'nothing-here');
	await page.click('#analyse');
	await page.waitForSelector('#run[data-state=failed]');
	await page.waitForSelector('#run-fault >> text=no reviews yet');
	ok(!/[가-힣]/.test(await page.innerText('#run')), 'a failure is shown in the language of the page');
	await shot(page, 'en-failed');
	await page.click('[data-language=ko]');
	like(await text(page, 'run-fault'), /아직 리뷰가 없습니다.*NO_REVIEWS/s, 'a failure follows a change of language');
	await audit(page, 'analysis-failed');
	const say = (error) => page.evaluate(async (e) => (await import('/outcome.js')).reasonOf(e).message, error);
	is(await say({ code: 'NO_ANSWER', message: 'x' }), '분석기가 제때 답하지 않았습니다. 잠시 뒤 다시 해 주세요.', 'NO_ANSWER is shown in Korean');
	is(await say({ code: 'ANALYSIS_FAILED', message: 'model: no such file' }), '분석이 중단되었습니다. 잠시 뒤 다시 해 주세요. model: no such file', 'an unknown reason is shown in full');
	is(await say({ code: 'ANALYSIS_FAILED', message: '모델이 없습니다' }), '모델이 없습니다', 'a reason in the language of the page is shown alone');
	await choose(page, 'one-review');
	await page.fill('#text', 'ok');
	await page.click('#analyse');
	await completed(page);
	ok(await page.isVisible('#keywords-none'), 'the page explains a lack of keywords');
	deep(page.faults, [], 'a failed analysis reports no error in the browser');
	await page.context().close();
});

await test('without a socket', async () => {
	const page = await openPage(browser, d.url, { locale: 'en-US',
		before: (p) => p.routeWebSocket(/socket\.io/, (ws) => ws.close()) });
	await page.waitForSelector('#connection[data-state=offline]');
	await choose(page, 'demo-polled');
	await page.click('#sample');
	await page.click('#analyse');
	await completed(page);
	is(await text(page, 'run-percent'), '100%', 'the page follows the analysis by polling');
	ok(await until(async () => await page.locator('#cards .card').count() > 0, { ms: 20000, what: 'stored cards' }), 'the page shows the stored cards');
	deep(page.faults.filter((f) => !/WebSocket/.test(f)), [], 'the page reports no error but that of the WebSocket');
	await page.context().close();
});

await test('the fanout process dies', async () => {
	const page = await openPage(browser, d.url, { locale: 'en-US' });
	await online(page);
	await page.evaluate(() => {
		window.states = [];
		new MutationObserver(() => window.states.push(document.getElementById('connection').dataset.state))
			.observe(document.getElementById('connection'), { attributes: true });
	});
	ok(d.kill9(/^dure: ws/).length > 0, 'the fanout process is killed');
	await until(() => page.evaluate(() => window.states.includes('offline') && window.states.at(-1) === 'online'),
		{ ms: 30000, what: 'the page to reconnect' });
	await choose(page, 'demo-again');
	await page.click('#sample');
	await page.click('#analyse');
	await completed(page);
	ok(page.heard('analysis-update') > 0, 'the page subscribes again after the fanout process died');
	is(await text(page, 'run-percent'), '100%', 'the page reconnects and follows the next analysis');
	await page.context().close();
});
await done();
