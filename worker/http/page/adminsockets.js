// adminsockets.js -- rooms and sockets on all hosts: the largest rooms, the sockets of a user or a room, and ending one.
//
// #sockets/user:{id} and #sockets/room:{name} find; without them the rooms are shown.
// See:    GET /api/v1/admin/rooms, GET /api/v1/admin/sockets, DELETE /api/v1/admin/sockets/{id}
import { action, attempt, code, each, figures, get, goTo, link, moment, panel, part, query, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';
import { ask } from './session.js';
import { sure } from './sure.js';

const ROOMS = 100;
let again = () => {};

/* user:{id} or room:{name}. */
const wanted = at => /^(user|room):(.+)$/s.exec(at)?.slice(1) ?? null;

async function disconnect(s) {
	if (await sure(words().sock.disconnectOf(s.id), words().sock.disconnectSure, words().sock.disconnect) &&
	    await attempt(() => ask('DELETE', `/api/v1/admin/sockets/${encodeURIComponent(s.id)}`), words().sock.disconnected))
		await again();
}

const socketColumns = () => [
	{ word: 'socket', kind: 'name', cell: s => code(s.id) },
	{ word: 'user', cell: s => s.userId ? link(s.userId, goTo('users', s.userId), `user-${s.id}`) : make('span', { className: 'note' }, words().sock.guest) },
	{ word: 'namespaces', cell: s => (s.namespaces ?? []).join(' ') },
	{ word: 'transport', cell: s => s.transport },
	{ word: 'host', cell: s => s.host },
	{ word: 'address', cell: s => code(s.ip) },
	{ word: 'since', cell: s => moment(s.connectedAt) },
	{ word: '', kind: 'do', cell: s => action(words().sock.disconnect, words().sock.disconnectOf(s.id), `end-${s.id}`, () => disconnect(s), 'danger') },
];

const roomColumns = () => [
	{ word: 'room', kind: 'name', cell: r => link(r.room, goTo('sockets', `room:${r.room}`)) },
	{ word: 'sockets', kind: 'num', cell: r => num(r.sockets) },
];

function finder(place, at) {
	const [kind = 'user', value = ''] = wanted(at) ?? [];
	const pick = make('select', { id: 'socket-kind' }, ...['user', 'room'].map(k => make('option', { value: k, selected: k === kind }, words().sock.by[k])));
	const input = make('input', { id: 'socket-value', type: 'search', value, maxLength: 256, required: true, autocomplete: 'off', spellcheck: false });
	const form = make('form', { className: 'finder-line', role: 'search' },
		make('label', {}, make('span', {}, words().sock.find), pick), make('label', { className: 'wide' }, make('span', {}, words().sock.value), input),
		make('button', { type: 'submit', className: 'button go' }, words().find),
		at ? make('a', { className: 'button', href: '#sockets' }, words().sock.allRooms) : null);
	form.addEventListener('submit', e => {
		e.preventDefault();
		location.hash = goTo('sockets', `${pick.value}:${input.value.trim()}`);
	});
	place.append(form);
}

const find = ([kind, value]) => get(query('/api/v1/admin/sockets', kind === 'user' ? { userId: value } : { room: value }));

export const sockets = {
	id: 'sockets', group: 'now', every: 5000,
	tools(place, at, reload) {
		again = reload;
		finder(place, at);
	},
	load: at => wanted(at) ? find(wanted(at)) : each({ stats: get('/api/websocket/stats'), rooms: get(query('/api/v1/admin/rooms', { limit: ROOMS })) }),
	draw(place, data, at) {
		if (wanted(at)) {
			const list = data.data ?? data;
			return refill(place, panel(words().sock.found(num(data.total ?? list.length)), tableOr(words().sock.none, words().sections.sockets[0], socketColumns(), list, s => s.id)));
		}
		const stats = data.stats.data;
		refill(place, stats ? figures([[words().sock.clients, num(stats.connectedClients)], [words().sock.rooms, num(stats.activeRooms)]]) : null,
			part(words().sock.largest, data.rooms, r => tableOr(words().sock.noRooms, words().sock.largest, roomColumns(), r.data ?? r, x => x.room)));
	},
};
