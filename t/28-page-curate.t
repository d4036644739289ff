#!/usr/bin/env t/lib/run
// 28-page-curate.t -- the page of videos and tastes in a real browser, on the demo's data: trends, picks with their reasons, moods, sliders,
// what a visitor does with a video, live renewal, the editors' desk; by keyboard, in both languages, light and dark, large and small.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { account } from './lib/account.mjs';
import { audit, fits } from './lib/axe.mjs';
import { client } from './lib/client.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0',
	NODE_ENV: 'development', RECOMMENDATION_UPDATE_MS: '100', RECOMMENDATION_UPDATE_PERCENT: '1' } });
const web = client(d.url);
const two = /light, desk|dark, phone/;
const hostile = '<img src=x onerror="window.hacked=1">';
const count = async (sql, args) => Number((await d.psql(sql, args))[0].n);
let page, admin;
const text = (selector) => page.textContent(selector);
const settled = () => page.waitForSelector('#picks:not([aria-busy])');
const recorded = (who, type) => count('SELECT count(*) AS n FROM user_video_interactions WHERE user_id = $1 AND type = $2 AND recommendation_id IS NOT NULL', [who.id, type]);
async function logIn(who) {
	await page.fill('#email', who.email);
	await page.fill('#password', who.password);
	await page.keyboard.press('Enter');
	await page.waitForSelector('#connection[data-state=online]');
}

await test('the demo data', async () => {
	const seeded = d.cli('demo', 'seed');
	is(seeded.code, 0, 'the demo is seeded');
	is(await count('SELECT count(DISTINCT title) AS n FROM videos'), 2000, 'it has 2,000 videos, each with a title of its own');
	is(await count("SELECT count(DISTINCT user_id) AS n FROM user_video_interactions JOIN users u ON u.id = user_id WHERE email LIKE 'taste-%'"), 200, 'and 200 users with a history');
	is(await count(`SELECT count(*) AS n FROM users u WHERE email LIKE 'taste-%' AND (SELECT interaction_score FROM user_keyword_preferences p
		WHERE p.user_id = u.id AND keyword = (ARRAY['요가', '집밥', '등산', '커피', '고양이', '코딩', '피아노', '축구', '정원', '미스터리'])[substr(email, 7, 3)::int % 10 + 1]) > 0.5`),
	200, 'each of whom likes the taste meant');
	const before = await count('SELECT count(*) AS n FROM user_video_interactions');
	is(d.cli('demo', 'seed', '--if-empty').code, 0, 'seeding again is harmless');
	is(await count('SELECT count(*) AS n FROM user_video_interactions'), before, 'and adds nothing');
	admin = await account(d, 'editor@example.com', { role: 'admin', tier: 'admin' });
});

await test('strangers', async () => {
	page = await openPage(browser, `${d.url}/curate.html`, { locale: 'ko-KR' });
	await page.waitForSelector('#picks .pick');
	await page.waitForSelector('#trends .trend');
	is(await page.locator('#picks .pick').count(), 20, 'strangers see twenty videos');
	like(await text('#trends'), /등산|피아노/, 'and the keywords that rise');
	ok(await page.isVisible('#invite') && await page.isHidden('#taste') && await page.isHidden('#moods') && await page.isHidden('#desk'), 'and are invited to log in');
	is(await page.getAttribute('nav [href="/curate.html"]', 'aria-current'), 'page', 'the navigation has the page');
	const word = await text('#trends .trend b');
	await page.click('#trends .trend');
	await until(async () => (await text('#picks-title')).includes(word) && (await text('#picks')).includes(`‘${word}’`), { what: 'the videos of a keyword' });
	ok(true, 'a keyword shows its videos');
	await page.click('#picks-back');
	await until(async () => (await text('#picks-title')) === '많이 보는 영상', { what: 'the first list' });
	await page.click('.pick .title');
	await page.waitForSelector('#video .similar');
	ok(await page.isVisible('#video[open]'), 'a video has its dialog, with similar ones');
	await page.keyboard.press('Escape');
	await audit(page, 'curate-guest', { only: /light, desk/ });
	await page.click('#invite-login');
});

let kim;
await test('picks with reasons', async () => {
	kim = await account(d, 'kim@example.com');
	await web.put('/api/v1/preferences/keywords', { keywords: [{ keyword: '고양이', score: 0.95 }, { keyword: '커피', score: 0.2 }, { keyword: hostile, score: 0.9 }] }, { token: kim.token });
	await logIn(kim);
	await page.waitForSelector('#picks .why');
	is(await text('#picks-title'), '나에게 맞는 영상', 'a user gets a list of one\'s own');
	like(await text('#picks'), /관심 키워드 ‘고양이’/, 'with the reason of each');
	ok(await page.isHidden('#invite') && await page.isHidden('#desk'), 'without an invitation, and without a desk');
	like(await text('#tastes'), /<img src=x/, 'a hostile keyword is text');
	await page.click('.pick:nth-child(2) .why summary');
	await audit(page, 'curate-user');
	await fits(page, 'the page of videos');
	await page.click('[data-mood=calm]');
	await page.waitForSelector('.kind[data-kind=mood]');
	is(await page.getAttribute('[data-mood=calm]', 'aria-pressed'), 'true', 'a mood chooses among them');
	await page.click('[data-mood=""]');
});

await test('what a user does', async () => {
	await settled();
	const first = page.locator('.pick').first(), id = await first.getAttribute('data-video');
	await first.locator('[data-act=like]').click();
	await page.waitForSelector(`[data-video="${id}"] [data-act=like][aria-pressed=true]`);
	is(await recorded(kim, 'like'), 1, 'a like is stored with its list');
	await first.locator('[data-act=like]').click();
	await page.waitForSelector(`[data-video="${id}"] [data-act=like][aria-pressed=false]`);
	is(await recorded(kim, 'like'), 0, 'the button takes a like back');
	await first.locator('[data-act=like]').click();
	await page.waitForSelector(`[data-video="${id}"] [data-act=like][aria-pressed=true]`);
	await page.waitForSelector('#picks-new:not([hidden])');
	ok(page.heard('recommendations:update') > 0, 'the server announces another list, which the page offers while its user is at the present one');
	await page.click('#picks-new');
	await page.waitForSelector('#picks-new', { state: 'hidden' });
	await settled();
	await until(async () => await page.locator(`[data-video="${id}"]`).count() === 0, { what: 'the list without it' });
	ok(true, 'what was seen is not recommended again');
	const hidden = await page.locator('.pick').first().getAttribute('data-video');
	await page.locator('.pick').first().locator('[data-act=hide]').click();
	await until(async () => await page.locator(`[data-video="${hidden}"]`).count() === 0, { what: 'the video to go' });
	is(await recorded(kim, 'hide'), 1, 'a hidden video goes, and is stored');
	ok(await page.evaluate(() => document.activeElement.classList.contains('title')), 'and the focus is on the next one');
	await page.locator('.pick').first().locator('[data-act=save]').click();
	await page.waitForSelector('[data-act=save][aria-pressed=true]:focus');
	is(await recorded(kim, 'save'), 1, 'a saved video is stored, and the focus stays');
	await page.keyboard.press('Shift+Tab');
	await page.keyboard.press('Shift+Tab');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#video .similar');
	await until(async () => await recorded(kim, 'view') === 1, { what: 'the view' });
	ok(true, 'by keyboard, a video that is opened counts as watched');
	await audit(page, 'curate-video', { only: /dark, phone/ });
	await page.keyboard.press('Escape');
	await page.locator('.pick .why summary').first().click();
	const less = page.locator('.pick .why[open] .button').first(), word = /‘(.+)’/.exec(await less.textContent())[1];
	await less.click();
	await until(async () => (await d.psql('SELECT interaction_score AS n FROM user_keyword_preferences WHERE user_id = $1 AND keyword = $2', [kim.id, word]))[0]?.n === 0.1, { what: 'less of it' });
	ok(true, '"less of that" lowers the keyword');
});

await test('sliders', async () => {
	const row = page.locator('#tastes li[data-keyword="커피"]'), slider = row.locator('input');
	let puts = 0;
	page.on('request', (r) => { puts += r.method() === 'PUT'; });
	await slider.focus();
	await page.keyboard.press('End');
	await page.keyboard.press('ArrowLeft');
	is(await row.locator('output').textContent(), '아주 좋아요', 'a slider says what it means');
	await page.waitForSelector('#taste-said >> text=저장했습니다');
	is((await d.psql('SELECT interaction_score AS n FROM user_keyword_preferences WHERE user_id = $1 AND keyword = $2', [kim.id, '커피']))[0].n, 0.99, 'and is stored');
	is(puts, 1, 'once, when the hand rests');
	await page.waitForSelector('.reason >> text=‘커피’');
	ok(true, 'the picks follow');
	await page.fill('#taste-new', '  Chess ');
	await page.keyboard.press('Enter');
	await until(async () => await count("SELECT count(*) AS n FROM user_keyword_preferences WHERE user_id = $1 AND keyword = 'chess'", [kim.id]) === 1, { what: 'the new keyword' });
	await page.click('#tastes li[data-keyword=chess] button');
	await until(async () => await count("SELECT count(*) AS n FROM user_keyword_preferences WHERE user_id = $1 AND keyword = 'chess'", [kim.id]) === 0, { what: 'the keyword to go' });
	ok(true, 'a keyword is added and forgotten');
	await page.click('[data-language=en]');
	await page.waitForSelector('#picks .reason >> text=Because');
	is(await text('#picks-title'), 'Picked for you', 'the page and the reasons follow the language');
	ok(!/[가-힣]/.test(await text('#taste .note') + await text('#moods') + await text('.pick .act')), 'the whole page does');
});

await test("the editors' desk", async () => {
	await page.click('#user-button');
	await page.click('#log-out');
	await page.waitForSelector('#invite:not([hidden])');
	is(await text('#picks-title'), 'Watched by many', 'logging out leaves the list of strangers');
	await page.click('#invite-login');
	await logIn(admin);
	await page.waitForSelector('#desk:not([hidden])');
	await page.selectOption('#entry-action', 'boost');
	await page.selectOption('#entry-until', '7');
	await page.fill('#entry-value', '등산');
	await page.fill('#entry-note', hostile);
	await page.keyboard.press('Enter');
	await page.waitForSelector('#entries li');
	const [entry] = await d.psql('SELECT action, target, value, factor, note, until < now() + interval \'8 days\' AS ends FROM editor_lists');
	deep(entry, { action: 'boost', target: 'keyword', value: '등산', factor: 2, note: hostile, ends: true }, 'an editor boosts a keyword for a week');
	await page.fill('#finder-text', '라테 아트');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#found li');
	const id = await page.getAttribute('#found li', 'data-video');
	await page.click('#found li:first-child button:has-text("Hide")');
	await page.waitForSelector('#found li:first-child >> text=Show again');
	await page.click('#found li:first-child button:has-text("Pin")');
	await page.waitForSelector('#found li:first-child >> text=Unpin');
	deep(await d.psql('SELECT hidden_at IS NOT NULL AS hidden, pinned_until > now() AS pinned FROM videos WHERE video_id = $1', [id]), [{ hidden: true, pinned: true }], 'and hides and pins a video');
	await audit(page, 'curate-desk', { only: two });
	if (process.env.PAGE_SHOTS)
		await page.locator('#desk').screenshot({ path: `${process.env.PAGE_SHOTS}/curate-desk.png` });
	await page.click('#entries button');
	await until(async () => await page.locator('#entries li').count() === 0, { what: 'the entry to go' });
	is(await count('SELECT count(*) AS n FROM editor_lists'), 0, 'and takes an entry back');
	await web.post('/api/v1/editor/lists', { action: 'block', target: 'channel', value: 'demo-channel-1-0', note: hostile }, { token: admin.token });
	await page.goto(`${d.url}/admin.html#curation`);
	await page.waitForSelector('#section[data-section=curation]:not([aria-busy]) tbody tr');
	await audit(page, 'curate-admin', { only: /light, desk/ });
	await page.click('#section-body [data-focus^=end-]');
	await until(async () => await count('SELECT count(*) AS n FROM editor_lists') === 0, { what: 'the entry to go' });
	ok(true, 'the admin page has the lists as well');
	deep(page.faults, [], 'the browser reports no fault');
	ok(await page.evaluate(() => globalThis.hacked === undefined), 'nothing hostile ran');
});
await done();
