// admintopics.js -- Kafka as the bridges see it: topics with their lag, the outbox, brokers.
//
// See:    GET /api/kafka/status
import { badge, figures, get, lasting, link, panel, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

export const LAG_HIGH = 1000, OUTBOX_AGE_HIGH_MS = 60000;

const topicColumns = () => [
	{ word: 'topic', kind: 'name', cell: t => make('b', {}, t.name) },
	{ word: 'lag', kind: 'num', cell: t => t.lag === null ? make('span', { className: 'note' }, words().topic.unknown) : t.lag > LAG_HIGH ? badge(num(t.lag), 'bad') : num(t.lag) },
	{ word: 'partitions', kind: 'num', cell: t => num(t.partitions) },
	{ word: 'copies', kind: 'num', cell: t => num(t.replication) },
];

function numbers(k) {
	const outbox = k.outbox ?? {};
	return figures([
		[words().topic.broker, k.connected ? words().topic.up(k.embedded) : words().topic.down, k.connected ? 'good' : 'bad'],
		[words().col.lag, num(k.lag ?? 0), k.lag > LAG_HIGH ? 'bad' : ''],
		[words().topic.outbox, num(outbox.depth ?? 0)],
		[words().topic.age, lasting((outbox.ageMs ?? 0) / 1000), outbox.ageMs > OUTBOX_AGE_HIGH_MS ? 'bad' : ''],
		[words().topic.bridges, num(outbox.bridges ?? 0)],
	]);
}

export const topics = {
	id: 'topics', group: 'flow', every: 5000,
	load: () => get('/api/kafka/status'),
	draw(place, k) {
		refill(place, numbers(k), k.error ? make('p', { className: 'sheet warning' }, k.error) : null,
			panel(words().topic.topics, tableOr(words().topic.none, words().topic.topics, topicColumns(), k.topics, t => t.name),
				make('p', { className: 'note' }, words().topic.deadHint, ' ', link(words().sections.dead[0], 'dead'))),
			k.brokers?.length ? panel(words().topic.brokers, make('ul', { className: 'plain' }, ...k.brokers.map(b => make('li', {}, `${b.id} · ${b.host}:${b.port}`)))) : null);
	},
};
