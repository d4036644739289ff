// token.mjs -- access tokens as Dure signs them, and as an attacker would: await io(url, { auth: { token: sign({ sub: 'u1' }) } }).
import crypto from 'node:crypto';

const b64 = (x) => Buffer.from(typeof x === 'string' ? x : JSON.stringify(x)).toString('base64url');

// What startDure sets.
export const secret = 'a secret of the tests, of more than 32 bytes';

// Options: seconds (life), key, kid, alg and header (what it claims), hash (what signs it).
export function sign(claims, { seconds = 900, key = secret, kid, alg = 'HS256', hash = 'sha256', header = {} } = {}) {
	const now = Math.floor(Date.now() / 1000);
	const head = b64({ alg, typ: 'JWT', ...(kid ? { kid } : {}), ...header });
	const body = b64({ role: 'user', tier: 'free', iat: now, exp: now + seconds, ...claims });
	const mac = hash ? crypto.createHmac(hash, key).update(`${head}.${body}`).digest('base64url') : '';
	return `${head}.${body}.${mac}`;
}
