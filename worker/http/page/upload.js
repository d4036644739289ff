// upload.js -- the reviews field: paste, drop or choose, then send in batches with progress.
//
// A batch that meets a busy server or a broken line is sent again; the server drops duplicates, so that is safe.
// See:    reviews.js (how files are read), POST /api/products/{id}/reviews
import { call, productPath } from './api.js';
import { $, make, setBar, showFault } from './dom.js';
import { num, onLanguage, words } from './i18n.js';
import { batches } from './reviews.js';

const ATTEMPTS = 5;
const WAIT_MAX_S = 60;
const REJECTED_SHOWN = 5;

let file = null;			/* chosen or dropped; the text field otherwise */
let unsent = false;
let tally = null;			/* of the upload running or last run */
let abort = null;
let current = null;			/* promise of the upload running */

export const hasUnsent = () => unsent && (file !== null || $('text').value.trim() !== '');

export function setText(text) {
	choose(null);
	$('text').value = text;
	unsent = true;
}

export function initUpload() {
	const drop = $('drop');
	$('text').addEventListener('input', () => { unsent = true; forget(); });
	$('file').addEventListener('change', e => e.target.files[0] && choose(e.target.files[0]));
	$('unchoose').addEventListener('click', () => choose(null));
	$('upload-stop').addEventListener('click', () => abort?.abort());
	for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'])
		drop.addEventListener(type, e => {
			if (!e.dataTransfer?.types.includes('Files'))
				return;
			e.preventDefault();
			drop.classList.toggle('over', type === 'dragenter' || type === 'dragover');
			if (type === 'drop')
				choose(e.dataTransfer.files[0]);
		});
	onLanguage(draw);
}

/* What the last upload did says nothing about other reviews. */
function forget() {
	if (!tally)
		return;
	tally = null;
	draw();
}

function choose(chosen) {
	file = chosen;
	unsent = chosen !== null || $('text').value.trim() !== '';
	$('text').hidden = file !== null;
	$('chosen').hidden = file === null;
	$('chosen-name').textContent = file?.name ?? '';
	$('file').value = '';
	showFault($('reviews-fault'), null);
	tally = null;
	draw();
}

/* Send what is there to the product; resolves to whether all of it went.  A second call joins the first. */
export function upload(productId) {
	return current ??= run(productId).finally(() => { current = null; });
}

async function run(productId) {
	if (file === null && !$('text').value.trim()) {
		showFault($('reviews-fault'), words().needReviews);
		return false;
	}
	const source = file ?? new Blob([$('text').value]);
	abort = new AbortController();
	tally = { running: true, percent: 0, sent: 0, accepted: 0, duplicates: 0, bad: [], badCount: 0, waitS: 0, stopped: false };
	showFault($('reviews-fault'), null);
	freeze(true);
	draw();
	try {
		for await (const batch of batches(source)) {
			abort.signal.throwIfAborted();
			await send(productId, batch);
			tally.percent = Math.floor(100 * batch.doneBytes / source.size);
			draw();
		}
		unsent = false;
	} catch (e) {
		tally.stopped = true;
		if (e.name !== 'AbortError')
			showFault($('reviews-fault'), e);
	}
	tally.running = false;
	freeze(false);
	draw();
	return !tally.stopped;
}

/* What is being sent, and where to, stays as it is meanwhile. */
function freeze(on) {
	$('product').readOnly = on;
	$('drop').inert = on;
}

async function send(productId, { body, lines, bad }) {
	reject(bad.map(b => ({ line: b.line, reason: { json: 'badJson', text: 'badText', unclosed: 'badUnclosed' }[b.reason] })));
	if (!lines.length)
		return;
	const answer = await persist(() => call('POST', productPath(productId, 'reviews'),
		{ body, type: 'application/x-ndjson', signal: abort.signal }));
	tally.sent += lines.length;
	tally.accepted += answer.accepted;
	tally.duplicates += answer.duplicates;
	reject((answer.rejected ?? []).map(r => ({ line: lines[r.line - 1] ?? r.line, text: r.reason })), answer.rejectedCount);
}

/* count: where the server lists only the first of them. */
function reject(rows, count = rows.length) {
	tally.badCount += count;
	tally.bad = [...tally.bad, ...rows].sort((a, b) => a.line - b.line).slice(0, REJECTED_SHOWN);
}

async function persist(attempt) {
	for (let n = 1; ; n++) {
		try {
			return await attempt();
		} catch (e) {
			const passing = e.status === 0 || e.status === 429 || e.status === 503;
			if (!passing || n === ATTEMPTS || e.retryAfter > WAIT_MAX_S)
				throw e;
			await pause(e.retryAfter || n);
		}
	}
}

async function pause(seconds) {
	for (tally.waitS = seconds; tally.waitS > 0; tally.waitS--) {
		draw();
		await new Promise(done => setTimeout(done, 1000));
		abort.signal.throwIfAborted();
	}
	tally.waitS = 0;
}

function draw() {
	const w = words();
	$('chosen-size').textContent = file ? size(file.size) : '';
	$('upload-run').hidden = !tally;
	$('upload-rejected').hidden = !tally?.badCount;
	if (!tally)
		return;
	const { running, stopped, percent, sent, accepted, duplicates, bad, badCount, waitS } = tally;
	const head = waitS ? w.waiting(waitS) : running ? w.uploading(sent, percent) : stopped ? w.stopped : w.uploaded(accepted);
	$('upload-run').dataset.state = running ? 'running' : stopped ? 'stopped' : 'done';
	$('upload-stop').hidden = !running;
	setBar($('upload-bar'), running || stopped ? percent : 100);
	$('upload-text').textContent = [head, duplicates ? w.duplicates(duplicates) : '', badCount ? w.rejected(badCount) : '']
		.filter(Boolean).join(' · ');
	$('upload-rejected').replaceChildren(
		...bad.map(b => make('li', {}, w.lineReason(b.line, b.text ?? w[b.reason]))),
		...(badCount > bad.length ? [make('li', {}, w.andMore(badCount - bad.length))] : []));
}

function size(bytes) {
	return bytes < 1e6 ? `${num(Math.max(1, bytes / 1e3))} kB` : `${num(bytes / 1e6, 1)} MB`;
}
