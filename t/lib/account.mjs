// account.mjs -- accounts without a registration: { id, email, role, password, token } of somebody who just logged in.
import { randomUUID } from 'node:crypto';
import { sign } from './token.mjs';

const password = 'Correct-horse-1', hash = '$2b$04$oUZQO5BLFan8s1/g6hajMOaoh3lSJYBj2QmtY9edurrnhI335MdoO';	// bcrypt at its cheapest

export async function account(d, email, { role = 'user', tier = 'free' } = {}) {
	const [{ id }] = await d.psql('INSERT INTO users (email, password_hash, role, tier) VALUES ($1, $2, $3, $4) RETURNING id', [email, hash, role, tier]);
	return { id, email, role, password, token: sign({ sub: id, role, tier, sid: randomUUID(), jti: randomUUID() }) };
}
