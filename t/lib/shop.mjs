// shop.mjs -- people, streams, products and orders for the tests of pages that sell.
import { client } from './client.mjs';

export const password = 'Correct-horse-1';
export const cheapLogin = { ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' };	// for startDure's env

// What somebody of that role may do: person.post('/api/v1/…', body) and its kin, each with its data.
export async function makePerson(d, email, role = 'user') {
	const web = client(d.url);
	await web.post('/api/auth/register', { email, password, confirmPassword: password });
	await d.psql('UPDATE users SET role = $2 WHERE email = $1', [email, role]);
	const { user, accessToken: token } = (await web.post('/api/auth/login', { email, password })).body.data;
	const data = async (answer) => (await answer).body.data;
	const post = (path, body) => data(web.post(path, body, { token })), patch = (path, body) => data(web.patch(path, body, { token }));
	return {
		id: user.id, email, post, patch,
		stream: (more = {}) => post('/api/v1/streams', { title: '저녁 찻잔 특가', ...more }).then((s) => s.streamKey),
		product: (name, price = 9900, stock = 5) => post('/api/v1/products', { name, description: '', price, stock }).then((p) => p.id),
		pin: (key, productId, more = {}) => post(`/api/v1/streams/${key}/products`, { productId, ...more }),
		order: (items, streamKey) => post('/api/v1/orders', { items: items.map(([productId, quantity]) => ({ productId, quantity })), streamKey }).then((o) => o.id),
		pay: (id) => post(`/api/v1/orders/${id}/pay`, {}),
	};
}

// Log in on a page that has the header.
export async function logIn(page, email) {
	await page.click('#account');
	await page.fill('#email', email);
	await page.fill('#password', password);
	await page.click('#login-go');
	await page.waitForSelector('#user:not([hidden])');
}
