// account.mjs -- accounts without a registration: { id, email, role, token } of somebody who just logged in.
import { randomUUID } from 'node:crypto';
import { sign } from './token.mjs';

export async function account(d, email, { role = 'user', tier = 'free' } = {}) {
	const [{ id }] = await d.psql('INSERT INTO users (email, password_hash, role, tier) VALUES ($1, $2, $3, $4) RETURNING id', [email, '!', role, tier]);
	return { id, email, role, token: sign({ sub: id, role, tier, sid: randomUUID(), jti: randomUUID() }) };
}
