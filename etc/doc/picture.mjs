#!/usr/bin/env t/lib/run
// picture.mjs -- takes the README's picture anew: `etc/doc/picture.mjs` from the top of a checkout that was built.
//
// The page of analyses with reviews made up here of an imaginary kettle: nobody's words are in it.
import fs from 'node:fs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { root, startDure } from './lib/dure.mjs';
import { shrink } from './lib/png.mjs';
import { done, ok } from './lib/tap.mjs';

const FILE = `${root}/etc/doc/page.png`;
const SIZE = { width: 1280, height: 1180 };
const BYTES_MAX = 150000;

const SAID = [		// of each thing what people may say, the first half of them pleased
	['디자인이 예뻐서 주방 분위기가 달라졌어요.', '디자인이 정말 마음에 들어요.', '디자인이 사진과 달라서 실망했어요.'],
	['물이 정말 빨리 끓어서 아침마다 편해요.', '물이 금방 끓어요. 최고예요!', '물이 새서 환불했습니다.'],
	['온도 조절이 정확해서 녹차 우릴 때 좋아요.', '온도가 오래 유지돼요.', '온도 표시가 틀려서 불편해요.'],
	['배송이 하루 만에 와서 좋았어요.', '배송도 빠르고 포장도 꼼꼼해요.', '배송이 너무 늦었어요.'],
	['보온 기능이 훌륭해요. 강력 추천합니다.', '보온이 잘 돼서 만족합니다.', '보온이 금방 풀려서 아쉬워요.'],
	['가격도 착하고 성능도 좋아요.', '이 가격에 이 성능이면 완벽합니다.', '가격만큼 하네요. 그냥 그래요.'],
	['세척이 쉬워서 매일 쓰고 있어요.', '세척하기 편해서 좋아요.', '냄새가 심해서 세척해도 안 빠져요.'],
	['손잡이가 뜨겁지 않아서 안전해요.', '손잡이가 튼튼해서 정말 좋아요.', '소음이 너무 커서 밤에는 못 쓰겠어요.'],
];
const PRODUCT = '전기 주전자';
const reviews = SAID.flatMap((one, i) => SAID.slice(i + 1).flatMap((two, j) => one.map((a, k) =>
	`${a} ${two[k === 2 && (i + j) % 2 ? 0 : k === 0 && (i + j) % 3 === 0 ? 1 : k]}`)));

const browser = await openBrowser();
const d = await startDure();
const page = await openPage(browser, d.url, { locale: 'ko-KR', viewport: SIZE, reducedMotion: 'reduce', colorScheme: 'light' });
await page.waitForSelector('#connection[data-state=online]');
await page.fill('#product', PRODUCT);
await page.fill('#text', reviews.join('\n'));
await page.click('#analyse');
await page.waitForSelector('#run[data-state=done]', { timeout: 90000 });
await page.waitForSelector('#keywords small');
await page.waitForFunction(() => document.querySelectorAll('#cards .card').length > 5);
await page.evaluate(async () => {
	document.activeElement.blur();
	await document.fonts.ready;
	scrollTo(0, 0);
	document.getAnimations().forEach((a) => a.finish());
});
const picture = shrink(await page.screenshot());
ok(picture.length < BYTES_MAX, `${picture.length} bytes`);
fs.writeFileSync(FILE, picture);
await done();
