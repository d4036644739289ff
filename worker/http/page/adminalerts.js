// adminalerts.js -- what is wrong, told from the figures that the overview has: one row a rule, the gravest first.
//
// A rule names the section where something can be done about it, '' where that is not on this page. What could not be asked is no alarm, but for the server itself.
import { bytes, lasting, ms } from './adminkit.js';
import { num, words } from './i18n.js';

const MEMORY_HIGH = 800 * 2 ** 20, RESPONSE_HIGH_MS = 1000, LAG_HIGH = 1000, OUTBOX_AGE_HIGH_MS = 60000, LATELY_MS = 3600000;

const listOf = part => part?.data?.data ?? (Array.isArray(part?.data) ? part.data : []);
const processesOf = k => k.processes?.data?.processes ?? [];
const settingOf = (k, key) => listOf(k.settings).find(s => s.key === key)?.value;
const infoOf = k => k.health?.data?.info ?? {};
const down = (k, name) => infoOf(k)[name] !== undefined && infoOf(k)[name].status !== 'up';
const named = p => `${p.kind} ${p.index}`;

/* level, section, what to say of the figures; nothing where all is well. */
const RULES = [
	['critical', '', (k, w) => k.health?.problem && w.noHealth],
	['critical', '', (k, w) => down(k, 'database') && w.database(infoOf(k).database.error ?? '')],
	['critical', '', (k, w) => down(k, 'redis') && w.redis(infoOf(k).redis.error ?? '')],
	['critical', 'topics', (k, w) => down(k, 'kafka') && w.kafka],
	['critical', 'processes', (k, w) => processesOf(k).filter(p => p.state === 'quarantined').map(p => w.quarantined(named(p)))],
	['critical', 'settings', (k, w) => settingOf(k, 'maintenance') === 'full' && w.maintenance],
	['warning', '', (k, w) => down(k, 'replica') && w.replica],
	['warning', 'topics', (k, w) => k.kafka?.data?.outbox?.ageMs > OUTBOX_AGE_HIGH_MS && w.outbox(lasting(k.kafka.data.outbox.ageMs / 1000), num(k.kafka.data.outbox.depth))],
	['warning', 'topics', (k, w) => k.kafka?.data?.lag > LAG_HIGH && w.lag(num(k.kafka.data.lag))],
	['warning', 'dead', (k, w) => listOf(k.dead).length > 0 && w.dead],
	['warning', 'traces', (k, w) => k.live?.performance?.responseTime > RESPONSE_HIGH_MS && w.slow(ms(k.live.performance.responseTime))],
	['warning', 'logs', (k, w) => k.errors > 0 && w.errors(num(k.errors))],
	['warning', 'processes', (k, w) => processesOf(k).filter(p => p.rssBytes > MEMORY_HIGH).map(p => w.memory(named(p), bytes(p.rssBytes)))],
	['warning', 'processes', (k, w) => processesOf(k).filter(p => p.restarts > 0 && Date.now() - Date.parse(p.startedAt) < LATELY_MS).map(p => w.restarted(named(p), num(p.restarts)))],
	['warning', 'jobs', (k, w) => listOf(k.jobs).filter(j => j.outcome && j.outcome !== 'ok').map(j => w.job(j.name))],
	['warning', 'settings', (k, w) => settingOf(k, 'maintenance') === 'read-only' && w.readOnly],
];

/* known: what each() brought; `live`, the last event; `errors`, those of the last minute. [{level, section, text}]. */
export function alertsOf(known) {
	return RULES.flatMap(([level, section, test]) => [test(known, words().alert)].flat().filter(Boolean).map(text => ({ level, section, text })));
}
