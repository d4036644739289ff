#!/usr/bin/env t/lib/run
// 78-stream-video.t -- the video of a stream in a real browser: MP4 and HLS play, from allowed origins only; what stands there before, after
// and without one; and players of the embedder's own.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { client } from './lib/client.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { hlsOf, recordClip, serveMedia } from './lib/clip.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, skip, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const media = await serveMedia(), foreign = await serveMedia();
const d = await startDure({ env: { ANALYZER: 'off', MEDIA_ORIGINS: `https://cdn.example, ${media.origin}`,
	ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' } });
const web = client(d.url);
const password = 'Correct-horse-1';
for (const email of ['seller@example.com', 'kim@example.com'])
	await web.post('/api/auth/register', { email, password, confirmPassword: password });
await d.psql("UPDATE users SET role = 'seller' WHERE email = 'seller@example.com'");
const { accessToken } = (await web.post('/api/auth/login', { email: 'seller@example.com', password })).body.data;
const as = { token: accessToken };

const shot = (page, name) => process.env.PAGE_SHOTS && page.screenshot({ path: `${process.env.PAGE_SHOTS}/${name}.png`, fullPage: true });
const at = (key, rest = '') => `/api/v1/streams/${key}${rest}`;
async function stream(more, live = true) {
	const { streamKey } = (await web.post('/api/v1/streams', { title: '저녁 방송', ...more }, as)).body.data;
	if (live)
		await web.post(at(streamKey, '/start'), undefined, as);
	return streamKey;
}
const open = (key, options = {}) => openPage(browser, `${d.url}/live.html?stream=${key}`, { locale: 'ko-KR', ...options });
const time = (page) => page.evaluate(() => document.querySelector('#video video')?.currentTime ?? 0);
const plays = (page, what) => until(async () => await time(page) > 0.3, { ms: 30000, what });
const ownFaults = (page) => page.faults.filter((f) => !f.includes(media.origin));

const clip = await recordClip(browser);
const none = clip ? null : 'this browser records no MP4';
const library = (await fetch(`${d.url}/vendor/hls.min.js`)).status === 200;
if (clip)
	Object.assign(media.files, { 'clip.mp4': clip }, hlsOf(clip));

await test('which pages may play what', async () => {
	const policy = async (path) => (await fetch(d.url + path)).headers.get('content-security-policy');
	for (const path of ['/live.html', '/seller.html'])
		is(await policy(path), `default-src 'self'; media-src 'self' blob: https://cdn.example ${media.origin}; connect-src 'self' https://cdn.example ${media.origin}`,
			`${path} may play media from the allowed origins`);
	for (const path of ['/', '/live.js', '/health'])
		is(await policy(path), "default-src 'self'", `${path} loads nothing from other origins`);
});

await test('an MP4', async () => {
	if (none)
		return skip(none, 'an MP4 plays');
	const page = await open(await stream({ playbackUrl: `${media.origin}/clip.mp4` }));
	ok(await plays(page, 'the MP4 to play'), 'an MP4 plays by itself');
	ok(await page.evaluate(() => document.querySelector('#video video').muted), 'the video starts muted, as browsers require');
	await shot(page, 'video-mp4-ko');
	await page.click('#video .sound');
	await page.waitForFunction(() => !document.querySelector('#video video').muted && !document.querySelector('#video .sound'));
	ok(true, 'the sound can be turned on once');
	ok(await page.evaluate(() => document.querySelector('#video video').controls), 'the video has controls');
	deep(ownFaults(page), [], 'the browser reports no fault');
	await page.context().close();
});

await test('HLS by hls.js', async () => {
	if (none || !library)
		return skip(none ?? 'this build has no hls.js', 'HLS plays');
	const page = await open(await stream({ playbackUrl: `${media.origin}/live.m3u8` }));
	ok(await plays(page, 'HLS to play'), 'HLS plays by itself');
	like(await page.evaluate(() => document.querySelector('#video video').currentSrc), /^blob:/, 'hls.js plays HLS');
	is(await page.textContent('#video-note'), '', 'the page has no remark');
	deep(ownFaults(page), [], 'the browser reports no fault under the policy');
	await page.context().close();
});

await test('HLS where the server has no hls.js', async () => {
	const without = (canPlay) => async (page) => {
		await page.route('**/vendor/hls.min.js', (r) => r.fulfill({ status: 404, contentType: 'application/json', body: '{}' }));
		if (!canPlay)
			await page.addInitScript(() => { HTMLMediaElement.prototype.canPlayType = () => ''; });
	};
	const key = await stream({ playbackUrl: `${media.origin}/live.m3u8` });
	const bare = await open(key, { before: without(false) });
	await bare.waitForSelector('#video >> text=hls.js가 설치되지 않았습니다');
	ok(true, 'the page says that the server has no hls.js');
	await bare.click('[data-language=en]');
	like(await bare.textContent('#video'), /This server has no hls\.js/, 'the page says so in its language');
	await bare.context().close();
	const page = await open(key, { before: without(true) });
	if (none || !await page.evaluate(() => document.createElement('video').canPlayType('application/vnd.apple.mpegurl'))) {
		skip(none ?? 'this browser has no HLS of its own', 'the browser plays it by itself');
	} else {
		ok(await plays(page, 'the browser to play HLS'), 'a browser that plays HLS itself does so');
		like(await page.textContent('#video-note'), /브라우저의 HLS/, 'the page says that the browser plays HLS');
	}
	await page.context().close();
});

await test('an origin that is not allowed', async () => {
	Object.assign(foreign.files, media.files);
	for (const name of ['clip.mp4', ...library ? ['live.m3u8'] : []]) {
		const page = await open(await stream({ playbackUrl: `${foreign.origin}/${name}` }));
		await page.waitForSelector('#video >> text=서버가 허용하지 않은 곳');
		ok((await page.textContent('#video')).includes(`MEDIA_ORIGINS 설정에 더하면 재생됩니다: ${foreign.origin}`), `${name}: the page names the origin and the remedy`);
		ok(await page.isVisible('#products-none'), 'the rest of the page is there');
		await shot(page, 'video-forbidden-ko');
		await page.context().close();
	}
});

await test('a video that begins later than its stream', async () => {
	const page = await open(await stream({ playbackUrl: `${media.origin}/later.mp4` }));
	await page.waitForSelector('#video >> text=영상 신호를 기다리고 있습니다');
	ok(true, 'the page waits for the video');
	await shot(page, 'video-waiting-ko');
	if (none)
		return skip(none, 'it plays once it is there');
	media.files['later.mp4'] = clip;
	ok(await plays(page, 'the video that came later'), 'the page plays the video when it appears');
	ok(await page.isHidden('#video .poster'), 'the video replaces the poster');
	await page.context().close();
});

await test('before, during, after', async () => {
	const soon = new Date(Date.now() + 3 * 3600000 + 60000).toISOString();
	const key = await stream({ scheduledAt: soon, playbackUrl: `${media.origin}/clip.mp4`, description: '청자와 백자' }, false);
	const page = await open(key);
	await page.click('#account');
	await page.fill('#email', 'kim@example.com');
	await page.fill('#password', password);
	await page.click('#login-go');
	await page.waitForSelector('#connection[data-state=online]');
	like(await page.textContent('#video'), /3시간 후 시작합니다/, 'a planned stream shows when it starts');
	is(await page.locator('#video video').count(), 0, 'a planned stream plays nothing');
	await shot(page, 'video-planned-ko');
	await web.post(at(key, '/start'), undefined, as);
	await page.waitForSelector('#status[data-status=live]');
	await page.waitForSelector('#video video');
	ok(none || await plays(page, 'the stream that was started'), 'a stream that starts plays without a reload');
	await web.patch(at(key), { playbackUrl: null }, as);
	await page.waitForSelector('#video >> text=영상 없이 진행하는');
	is(await page.locator('#video video').count(), 0, 'the video ends when its address is removed');
	await web.patch(at(key), { playbackUrl: `${media.origin}/clip.mp4` }, as);
	await page.waitForSelector('#video video');
	const same = await page.evaluateHandle(() => document.querySelector('#video video'));
	await web.patch(at(key), { title: '새 제목' }, as);
	await page.waitForSelector('#title >> text=새 제목');
	ok(await same.evaluate((v) => v === document.querySelector('#video video')), 'a change of another field does not restart the video');
	await web.post(at(key, '/end'), undefined, as);
	await page.waitForSelector('#video >> text=방송이 끝났습니다');
	is(await page.locator('#video video').count(), 0, 'the video ends with the stream');
	deep(ownFaults(page), [], 'the browser reports no fault');
	await page.context().close();
});

await test('a player of the embedder', async () => {
	const key = await stream({ playbackUrl: `${media.origin}/clip.mp4` });
	const page = await open(key, { before: (p) => p.addInitScript(() => {
		window.told = [];
		document.addEventListener('dure:stream', (e) => { window.told.push(e.detail); e.preventDefault(); });
	}) });
	await page.waitForSelector('#status[data-status=live]');
	is(await page.locator('#video video').count(), 0, 'an embedder that prevents the default of dure:stream plays the video itself');
	deep(await page.evaluate(() => window.told.map((s) => [s.streamKey, s.status, s.playbackUrl])), [[key, 'live', `${media.origin}/clip.mp4`]], 'dure:stream has the stream and its address');
	await page.context().close();
});
await done();
