// analysis.js -- one analysis: asked for, followed live, and its result fetched and shown.
//
// The socket is the normal way.  While it is down, and when it has been silent for long, the status is polled
// instead, so that the page reaches its end in any case.  A newer run makes the steps of an older one stop.
// See:    POST /api/analyze, events analysis-update, sentiment-card and error, GET /api/analyze/status/{id}; outcome.js
import { call } from './api.js';
import { addCard, clearCards, loadCards, tally } from './cards.js';
import { $, setBar, showFault } from './dom.js';
import { language, num, onLanguage, words } from './i18n.js';
import { fetchOutcome, reasonOf } from './outcome.js';
import { drawFacts, drawKeywords, drawMood, drawSummary } from './view.js';

const POLL_MS = 2000;
const SILENCE_MS = 10000;
const RESULT_TRIES = 15;
const RESULT_PAUSE_MS = 400;

let socket = null;
let run = null;				/* see start() */
let outcomeFrame = 0;
let onChange = () => {};

export const isRunning = () => run !== null && !run.ended;

export function initAnalysis(theSocket, fn) {
	socket = theSocket;
	onChange = fn;
	socket.on('analysis-update', u => u.requestId === run?.taskId && onUpdate(u));
	socket.on('sentiment-card', c => c.requestId === run?.taskId && onCard(c.card));
	socket.on('error', e => isRunning() && (e.requestId ?? run.taskId) === run.taskId && onFailure(e));
	socket.on('state', draw);
	setInterval(watch, POLL_MS);
	onLanguage(draw);
}

/* Throws ApiError when the server does not take the request. */
export async function analyse(productId) {
	const startedAt = performance.now();
	const answer = await call('POST', '/api/analyze', { body: { productId, options: { language: language() } } });
	if (run?.taskId)
		socket.release('subscribe-analysis', run.taskId);
	run = {
		productId, taskId: answer.taskId, startedAt, fromCache: answer.fromCache === true,
		status: 'pending', progress: 0, message: answer.message, eta: answer.estimatedTime,
		step: null, steps: null, heardAt: startedAt, spoken: 0, result: null, problem: null, ended: false, durationS: 0,
	};
	clearCards(productId);
	showFault($('run-fault'), null);
	draw();
	$('run').scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
	if (run.fromCache)
		return finish(run);
	socket.hold('subscribe-analysis', run.taskId).catch(e => {
		if (e?.code !== 'OFFLINE' && isRunning())
			showFault($('run-fault'), { code: e?.code, message: words().errSubscribe });
		run.heardAt = 0;
	});
}

function onUpdate(u) {
	if (run.ended)
		return;
	run.heardAt = performance.now();
	run.status = u.status ?? run.status;
	run.progress = Math.max(run.progress, Math.min(100, Number(u.progress) || 0));
	run.message = u.message;
	run.eta = u.estimatedTime;
	run.step = u.currentStep ?? run.step;
	run.steps = u.totalSteps ?? run.steps;
	run.partial = u.results?.sentiment ?? run.partial;
	settle();
}

function onCard(card) {
	run.heardAt = performance.now();
	addCard(card);
	outcomeFrame ||= requestAnimationFrame(drawOutcome);
}

/* Of the analysis itself: why is told with its outcome. Of anything else it does not end it. */
function onFailure(e) {
	if (e.type !== 'analysis-error')
		return showFault($('run-fault'), e);
	run.status = 'failed';
	finish(run);
}

function settle() {
	if (run.status === 'completed' || run.status === 'failed')
		finish(run);
	draw();
}

/* Every POLL_MS: ask for what the socket does not tell. */
async function watch() {
	const mine = run;
	if (!isRunning() || mine.finishing || mine.asking)
		return;
	if (socket.state === 'online' && performance.now() - mine.heardAt < SILENCE_MS)
		return;
	mine.asking = true;
	try {
		const status = await call('GET', `/api/analyze/status/${encodeURIComponent(mine.productId)}`);
		if (mine === run)
			onUpdate({ message: null, ...status });
	} catch (e) {
		if (e.status !== 0 && e.status !== 404)
			showFault($('run-fault'), e);
	}
	mine.asking = false;
}

/* The end was announced: its result may be a moment behind. */
async function finish(mine) {
	if (mine.finishing)
		return;
	mine.finishing = true;
	mine.durationS = (performance.now() - mine.startedAt) / 1000;
	try {
		const result = await fetchOutcome(mine.productId, RESULT_TRIES, RESULT_PAUSE_MS);
		if (mine !== run)
			return;
		Object.assign(mine, { status: 'completed', progress: 100, result });
		end(mine, null);
		await storedCards(mine);
	} catch (e) {
		if (mine === run)
			end(mine, mine.status === 'failed' && e.status !== undefined ? reasonOf('') : e);
	}
}

/* Cards have a topic of their own: they too may be a moment behind. */
async function storedCards(mine) {
	for (let n = 1; mine === run; n++) {
		await loadCards();
		if (tally() || n === RESULT_TRIES)
			return;
		await new Promise(done => setTimeout(done, RESULT_PAUSE_MS));
	}
}

function end(mine, problem) {
	mine.ended = true;
	mine.problem = problem;
	if (problem)
		mine.status = 'failed';
	socket.release('subscribe-analysis', mine.taskId);
	draw();
}

/* The server's own message where it is in the language of the page, else ours. */
function stepText() {
	const w = words();
	if (run.fromCache && run.result)
		return w.saved;
	const korean = /[가-힣]/.test(run.message ?? '');
	const usable = run.message && !run.ended && korean === (language() === 'ko');
	return usable ? run.message : w[run.status] ?? w.processing;
}

function draw() {
	onChange();
	if (!run)
		return;
	const w = words(), percent = Math.round(run.progress), text = stepText();
	$('empty').hidden = true;
	$('run').hidden = false;
	$('run').dataset.state = run.status === 'failed' ? 'failed' : run.ended ? 'done' : 'running';
	$('run-product').textContent = run.productId;
	$('run-percent').textContent = `${percent}%`;
	setBar($('run-bar'), run.progress);
	$('run-message').textContent = text;
	$('run-steps').textContent = typeof run.step === 'string' ? run.step
		: run.steps > 1 && !run.ended ? w.steps(run.step ?? 0, run.steps) : '';
	$('run-eta').textContent = !run.ended && run.eta > 0 ? w.eta(Math.ceil(run.eta)) : '';
	if (run.problem)
		showFault($('run-fault'), run.problem);		/* in the language of now */
	$('run-polling').hidden = run.ended || socket.state !== 'offline';
	if (percent >= run.spoken || run.ended) {
		run.spoken = percent + 25;
		$('announce').textContent = w.announce(percent, text);
	}
	drawOutcome();
}

function drawOutcome() {
	const w = words(), { result } = run, cards = tally();
	const known = result?.sentiment ?? run.partial ?? cards?.moods;
	outcomeFrame = 0;
	$('outcome').hidden = !known;
	if (!known)
		return;
	$('outcome').classList.toggle('complete', result !== null);
	$('keywords-none').hidden = !result || result.keywords?.length > 0;
	drawMood(known, result ? w.whole : w.soFar);
	drawSummary(result?.summary);
	drawKeywords(result?.keywords ?? cards?.keywords);
	drawFacts(result ? facts(result) : liveFacts(cards));
}

function liveFacts(cards) {
	const w = words(), rows = [[w.elapsed, w.seconds(Math.floor((performance.now() - run.startedAt) / 1000))]];
	if (cards)
		rows.unshift([w.cardsSoFar, num(cards.count)]);
	return rows;
}

function facts(result) {
	const w = words(), total = Number(result.totalReviews) || 0;
	const when = new Date(result.updatedAt ?? result.createdAt ?? Date.now());
	const rows = [[w.totalReviews, num(total)]];
	if (run.fromCache)
		return [...rows, [w.source, w.fromCache],
			[w.updatedLabel, when.toLocaleString(language(), { dateStyle: 'short', timeStyle: 'short' })]];
	return [...rows, [w.duration, w.seconds(run.durationS)], [w.speed, num(total / run.durationS, total < 10 * run.durationS ? 1 : 0)]];
}
