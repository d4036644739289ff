// planbox.js -- the dialog that plans a stream, or changes one: title, description, when it starts, where its video is.
import { $, showFault } from './dom.js';
import { onLanguage, words } from './i18n.js';
import { ask } from './session.js';

/* The field of an answer's fault, and the words of its label. */
const LABELS = { title: 'streamTitle', description: 'streamDescription', scheduledAt: 'streamWhen', playbackUrl: 'streamUrl' };
let stream = null, done;

/* A time as <input type=datetime-local> wants it: in the reader's zone, to the minute. */
function localTime(iso) {
	const t = new Date(iso);
	return new Date(t - t.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function body() {
	const when = $('plan-when').value, url = $('plan-url').value.trim(), description = $('plan-description').value.trim();
	return { title: $('plan-title').value.trim(), description: description || (stream ? '' : undefined),
		scheduledAt: when && !$('plan-when-entry').hidden ? new Date(when).toISOString() : undefined, playbackUrl: url || (stream ? null : undefined) };
}

function explain(problem) {
	const details = Array.isArray(problem.details) ? problem.details.map(d => ({ ...d, field: words()[LABELS[d.field]] ?? d.field })) : problem.details;
	return { message: problem.message, code: problem.code, requestId: problem.requestId, retryAfter: problem.retryAfter, details };
}

async function submit(e) {
	e.preventDefault();
	showFault($('plan-fault'), null);
	$('plan-go').disabled = true;
	try {
		const { data } = stream ? await ask('PATCH', `/api/v1/streams/${encodeURIComponent(stream.streamKey)}`, body()) :
			await ask('POST', '/api/v1/streams', body());
		$('plan').close();
		done(data);
	} catch (problem) {
		showFault($('plan-fault'), explain(problem));
	}
	$('plan-go').disabled = false;
}

function draw() {
	$('plan-name').textContent = stream ? words().changeStream : words().newStream;
	$('plan-go').textContent = stream ? words().savePlan : words().plan;
}

/* of: the stream to change; null: a new one. A time that was set can be moved, not taken away. */
export function openPlan(of) {
	stream = of;
	showFault($('plan-fault'), null);
	$('plan-title').value = of?.title ?? '';
	$('plan-description').value = of?.description ?? '';
	$('plan-when').value = of?.scheduledAt ? localTime(of.scheduledAt) : '';
	$('plan-when').required = Boolean(of?.scheduledAt);
	$('plan-when-entry').hidden = Boolean(of) && of.status !== 'scheduled';
	$('plan-when').disabled = $('plan-when-entry').hidden;
	$('plan-url').value = of?.playbackUrl ?? '';
	draw();
	$('plan').showModal();
	$('plan-title').focus();
}

/* planned(stream) once it is stored. */
export function initPlan(planned) {
	done = planned;
	$('plan-form').addEventListener('submit', submit);
	$('plan-close').addEventListener('click', () => $('plan').close());
	onLanguage(draw);
}
