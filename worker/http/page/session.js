// session.js -- who uses the page: logging in, the access token and its renewal, calls in that name.
//
// The token is kept in memory alone; the refresh cookie, which no script can read, brings a new one after a reload.
import { ApiError, call } from './api.js';

const EARLY = 0.8;		// of its life a token is renewed
const HINT_KEY = 'dure-session';	// that there may be a refresh cookie: nobody else is asked in vain
const listeners = [];
let token = '', user = null, timer = 0;

export const me = () => user;
export const accessToken = () => token;
/* fn(user or null, token) on every change, a renewed token included. */
export const onSession = fn => listeners.push(fn);

export function mayHaveSession() {
	try {
		return localStorage.getItem(HINT_KEY) === '1';
	} catch {
		return false;
	}
}

function become(data) {
	clearTimeout(timer);
	token = data?.accessToken ?? '';
	user = data?.user ?? null;
	try {
		localStorage.setItem(HINT_KEY, data ? '1' : '');
	} catch { /* storage may be forbidden: then a reload asks to log in again */ }
	if (data)
		timer = setTimeout(() => renew().catch(() => {}), data.expiresIn * 1000 * EARLY);
	listeners.forEach(fn => fn(user, token));
	return user;
}

export async function renew() {
	try {
		return become((await call('POST', '/api/auth/refresh')).data);
	} catch (problem) {
		if (problem.status === 401 || problem.status === 403)
			become(null);
		throw problem;
	}
}

export async function logIn(email, password) {
	return become((await call('POST', '/api/auth/login', { body: { email, password } })).data);
}

/* A new account; it has to log in like any other. */
export const register = (email, password, confirmPassword) =>
	call('POST', '/api/auth/register', { body: { email, password, confirmPassword } });

export async function logOut() {
	await ask('POST', '/api/auth/logout').catch(() => {});
	become(null);
}

export async function logOutAll() {
	await ask('POST', '/api/auth/logout-all');
	become(null);
}

/* For a header Idempotency-Key: another one each time. */
export const onceKey = what => `${what}-${Array.from(crypto.getRandomValues(new Uint32Array(4)), n => n.toString(36)).join('')}`;

/* A call in the user's name; a token that has ended is renewed once. */
export async function ask(method, path, body, headers = {}) {
	const go = () => call(method, path, { body, headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers });
	try {
		return await go();
	} catch (problem) {
		if (!(problem instanceof ApiError) || problem.status !== 401 || !token)
			throw problem;
		await renew();
		return go();
	}
}
