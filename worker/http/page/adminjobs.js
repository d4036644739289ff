// adminjobs.js -- what runs by the clock: when it ran last and runs next, how it went; run at once on demand.
//
// See:    GET /api/v1/admin/jobs, POST /api/v1/admin/jobs/{name}/run
import { action, attempt, badge, code, get, moment, ms, panel, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { words } from './i18n.js';
import { ask } from './session.js';

let again = () => {};

async function run(job) {
	if (await attempt(() => ask('POST', `/api/v1/admin/jobs/${encodeURIComponent(job.name)}/run`), words().job.started(job.name)))
		await again();
}


const columns = () => [
	{ word: 'job', kind: 'name wide', cell: j => make('div', {}, make('b', {}, j.name), j.help ? make('small', { className: 'under' }, j.help) : null) },
	{ word: 'schedule', cell: j => code(j.schedule) },
	{ word: 'lastRun', cell: j => j.lastRunAt ? moment(j.lastRunAt) : words().job.never },
	{ word: 'lasted', kind: 'num', cell: j => Number.isFinite(j.durationMs) ? ms(j.durationMs) : null },
	{ word: 'outcome', cell: j => j.outcome ? badge(j.outcome === 'ok' ? words().job.ok : j.outcome, j.outcome === 'ok' ? 'good' : 'bad') : null },
	{ word: 'nextRun', cell: j => j.nextRunAt ? moment(j.nextRunAt) : null },
	{ word: '', kind: 'do', cell: j => action(words().job.run, words().job.runOf(j.name), `run-${j.name}`, () => run(j)) },
];

export const jobs = {
	id: 'jobs', group: 'run', every: 5000,
	tools(place, at, reload) {
		again = reload;
	},
	load: () => get('/api/v1/admin/jobs'),
	draw: (place, list) => refill(place, panel(null, tableOr(words().job.none, words().sections.jobs[0], columns(), list.data ?? list, j => j.name))),
};
