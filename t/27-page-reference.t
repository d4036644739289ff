#!/usr/bin/env t/lib/run
// 27-page-reference.t -- the API page: every route of the document can be found, opened and called; and the page for an unknown address,
// which only browsers get.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import { audit, fits } from './lib/axe.mjs';
import { client } from './lib/client.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const browser = await openBrowser();
const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off' } });
const web = client(d.url);
const text = (page, selector) => page.textContent(selector);
const { body: spec } = await web.get('/openapi.json');
const documented = Object.entries(spec.paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m}${path}`));

await test('every route', async () => {
	const page = await openPage(browser, `${d.url}/api.html`, { locale: 'ko-KR' });
	await page.waitForSelector('.route');
	deep((await page.$$eval('.route', (all) => all.map((el) => el.id))).sort(), [...documented].sort(), 'the page lists every documented route');
	is(await text(page, '#found'), `경로 ${documented.length}개`, 'the page counts the routes');
	is(await page.getAttribute('nav [href="/api.html"]', 'aria-current'), 'page', 'the navigation marks the current page');
	for (const el of await page.$$('.route summary'))
		await el.evaluate((s) => s.click());
	is(await page.locator('.route .inside').count(), documented.length, 'every route opens');
	deep(await page.$$eval('.route .inside pre code', (all) => all.map((el) => el.textContent).filter((t) => /undefined|\[object|NaN/.test(t))), [], 'no route shows undefined, [object or NaN');
	await page.fill('#find', 'post 주문');
	deep(await page.$$eval('.route:not([hidden])', (all) => all.map((el) => el.id)),
		documented.filter((id) => /^post.*\/orders/.test(id)), 'a search finds routes by method and group');
	await audit(page, 'api-found');
	await page.fill('#find', 'nothing like that');
	ok(await page.isVisible('#none'), 'the page says that nothing was found');
	deep(page.faults, [], 'the list of routes reports no error in the browser');
	await page.context().close();
});

await test('calling a route', async () => {
	const page = await openPage(browser, `${d.url}/api.html#get/api/products/{productId}/reviews`, { locale: 'en-US' });
	const route = page.locator('[id="get/api/products/{productId}/reviews"]');
	await route.locator('.inside').waitFor();
	await web.post('/api/products/kettle%2F1/reviews', [{ text: 'Boils well' }]);
	await route.locator('[name=productId]').fill('kettle/1');
	await route.locator('[name=limit]').fill('5');
	await route.locator('.trial button').click();
	await route.locator('pre[data-status="2"]').waitFor();
	like(await route.locator('pre[data-status="2"]').textContent(), /"text": "Boils well"/, 'the page shows the answer of a call');
	like(await route.locator('[role=status]').textContent(), /^200 · [\d,]+ ms · \d+ bytes$/, 'the page shows status, time and size of a call');
	await route.locator('[name=limit]').fill('5000');
	await route.locator('.trial button').click();
	await route.locator('pre[data-status="4"]').waitFor();
	like(await route.locator('pre[data-status="4"]').textContent(), /VALIDATION_FAILED/, 'the page shows the failure of a call');
	like(await route.locator('pre').first().textContent(), new RegExp(`^curl '${d.url}/api/products/`), 'the curl command names this server');
	await audit(page, 'api');
	await fits(page, 'api');
	await page.context().close();
});

await test('an unknown address', async () => {
	const page = await openPage(browser, `${d.url}/no/such%20%EC%A3%BC%EC%86%8C?x=1`, { locale: 'ko-KR' });
	is(await text(page, 'h1'), '이 주소에는 아무것도 없습니다', 'a browser gets a page for an unknown address');
	is(await text(page, '#address'), '/no/such 주소', 'the page names the unknown address');
	is(await page.locator('nav a').count(), 6, 'the page has the navigation');
	await audit(page, 'missing');
	await page.click('[data-language=en]');
	is(await text(page, 'h1'), 'There is nothing at this address', 'the page is in both languages');
	deep(page.faults.filter((f) => !/status of 404/.test(f)), [], 'the page reports no error but the 404');
	await page.context().close();

	const ask = (path, headers, method = 'GET') => new Promise((settle, fail) => {		// fetch has a Sec-Fetch-Mode of its own
		const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
		http.request(d.url + path, { method, headers: { accept, ...headers } }, async (answer) => {
			const { statusCode: status, headers: h } = answer, body = await buffer(answer);
			settle({ kind: `${status} ${h['content-type'].split(';')[0]}`, headers: h, text: body.toString() });
		}).on('error', fail).end();
	});
	const page404 = await ask('/nope', {});
	is(page404.kind, '404 text/html', 'the page has the status 404');
	is(page404.headers['cache-control'], 'no-store', 'the page is no-store');
	like(page404.text, /<main id="main"/, 'the page is complete');
	const head = await ask('/nope', {}, 'HEAD');
	deep([head.kind, head.text], ['404 text/html', ''], 'HEAD of an unknown address has no body');
	is((await ask('/api/nope', { 'sec-fetch-mode': 'navigate' })).kind, '404 text/html', 'a browser that navigates below /api gets the page');
	for (const [headers, what] of [[{ accept: '*/*' }, 'a client that accepts anything'], [{ accept: 'application/json' }, 'a client that accepts JSON'], [{ 'sec-fetch-mode': 'cors' }, "a page's script"],
		[{ accept: 'text/html;q=0, */*' }, 'a client that refuses HTML']])
		is((await ask('/nope', headers)).kind, '404 application/json', `${what} gets JSON`);
	is((await ask('/nope', { accept: 'application/problem+json, text/html' })).kind, '404 application/problem+json', 'a client that accepts problem+json gets problem+json');
	is((await ask('/nope', {}, 'POST')).kind, '404 application/json', 'a POST to an unknown address gets JSON');
	is((await ask('/api/analyze/status/unknown', {})).kind, '404 application/json', 'an unknown product at a known route gets JSON');
});
await done();
