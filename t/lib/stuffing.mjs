// stuffing.mjs -- an attacker with a list of stolen addresses and passwords, and the people who want in at the same time.
import { client } from './client.mjs';

export const password = 'Right-horse1', wrong = 'Wrong-horse1';

export const login = (web, email, pass, ip) => web.post('/api/auth/login', { email, password: pass }, { headers: { 'x-forwarded-for': ip } });

// Accounts of these addresses, all with `password`: one is registered, the others get its hash.
export async function people(d, emails) {
	const web = client(d.url);
	await web.post('/api/auth/register', { email: emails[0], password, confirmPassword: password });
	await d.psql(`INSERT INTO users (email, password_hash) SELECT e, (SELECT password_hash FROM users WHERE email = $1) FROM unnest($2::text[]) e`,
		[emails[0], emails.slice(1)]);
}

// Try the pairs [[email, password]] from one address, `width` at a time, at most one each `everyMs`:
// { through, statuses: { 401: n }, codes: { INVALID_CREDENTIALS: n }, blockedAt } -- blockedAt: how many were tried before the block.
export async function stuff(d, pairs, ip, { width = 4, everyMs = 0, stop = () => false } = {}) {
	const web = client(d.url), out = { tried: 0, through: 0, statuses: {}, codes: {}, blockedAt: null }, from = Date.now();
	let next = 0;
	const one = async () => {
		while (next < pairs.length && !stop()) {
			const n = next++, wait = from + n * everyMs - Date.now();
			if (wait > 0)
				await new Promise((settle) => setTimeout(settle, wait));
			const r = await login(web, ...pairs[n], ip), code = r.body.error?.code ?? 'through';
			out.tried++;
			out.statuses[r.status] = (out.statuses[r.status] ?? 0) + 1;
			out.codes[code] = (out.codes[code] ?? 0) + 1;
			out.through += r.status === 200;
			if (code === 'IP_BLOCKED')
				out.blockedAt = Math.min(out.blockedAt ?? n, n);
		}
	};
	await Promise.all(Array.from({ length: width }, one));
	return out;
}

// `n` pairs against one account, or against one of `emails` each in turn; the right password every `every` guesses.
export const against = (emails, n, every) => Array.from({ length: n }, (_, i) =>
	[emails[i % emails.length], i % every === every - 1 ? password : `${wrong}${i}`]);

// An address of somebody else, another each time.
let last = 0;
export const elsewhere = () => `10.${20 + (++last >> 16)}.${last >> 8 & 255}.${last & 255}`;
