// adminusers.js -- accounts: role, tier, locked or not; changed in a dialog (adminuser.js). #users/{text}: those with
// it in the e-mail address, or of that id.
//
// See:    GET /api/v1/users, PATCH /api/v1/users/{id}
import { action, attempt, badge, code, get, goTo, link, moment, moreButton, panel, query, refill, tableOr } from './adminkit.js';
import { changeUser } from './adminuser.js';
import { make } from './dom.js';
import { words } from './i18n.js';
import { me } from './session.js';

const PAGE = 50;
let again = () => {}, list = [];

const isActive = u => u.isActive !== false && !u.locked;

const change = user => changeUser(user, user.id === me().id, again);

const columns = () => [
	{ word: 'email', kind: 'name', cell: u => make('div', {}, make('b', {}, u.email ?? words().user.noAddress), make('small', { className: 'under' }, code(u.id))) },
	{ word: 'role', cell: u => badge(words().roleName(u.role), u.role === 'admin' ? 'warn' : 'calm') },
	{ word: 'tier', cell: u => words().user.tiers[u.tier] ?? u.tier },
	{ word: 'state', cell: u => isActive(u) ? badge(words().user.open, 'good') : badge(words().user.locked, 'bad') },
	{ word: 'lastLogin', cell: u => u.lastLoginAt ? moment(u.lastLoginAt) : null },
	{ word: 'see', cell: u => make('div', { className: 'both inline' }, link(words().user.sockets, goTo('sockets', `user:${u.id}`)), link(words().user.keys, goTo('keys', u.id)),
		link(words().user.events, goTo('events', u.id))) },
	{ word: '', kind: 'do', cell: u => action(words().user.change, words().user.changeOf(u.email ?? u.id), `change-${u.id}`, () => change(u)) },
];

function tools(place, at, reload) {
	again = reload;
	const input = make('input', { id: 'user-find', type: 'search', value: at, maxLength: 254, autocomplete: 'off', spellcheck: false, placeholder: 'kim@example.com' });
	const form = make('form', { className: 'finder-line', role: 'search' }, make('label', { className: 'wide' }, make('span', {}, words().user.find), input),
		make('button', { type: 'submit', className: 'button go' }, words().find), at ? make('a', { className: 'button', href: '#users' }, words().user.all) : null);
	form.addEventListener('submit', e => {
		e.preventDefault();
		location.hash = goTo('users', input.value.trim());
	});
	place.append(form);
}

function draw(place, { nextCursor }, at) {
	refill(place, panel(null, tableOr(words().user.none, words().sections.users[0], columns(), list, u => u.id), moreButton(nextCursor, cursor => attempt(async () => {
		const next = await load(at, cursor);
		draw(place, next, at);
	}))));
}

async function load(at, cursor) {
	const answer = await get(query('/api/v1/users', { q: at, limit: PAGE, cursor }));
	list = [...(cursor ? list : []), ...answer.data];
	return answer;
}

export const users = { id: 'users', group: 'people', every: 0, tools, load: at => load(at), draw };
