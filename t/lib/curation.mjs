// curation.mjs -- data for recommendations: users of known taste, and MovieLens; loads them into a Dure's database.
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';

// A sequence of numbers from 0 to 1 that depends on the seed alone.
export function seeded(seed) {
	let a = seed >>> 0;
	return () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

// Picks 0 to n-1, the first ones most often.
function zipf(n, random) {
	const sums = [];
	for (let i = 0, sum = 0; i < n; i++)
		sums.push(sum += 1 / (i + 1));
	return () => {
		const x = random() * sums[n - 1];
		let low = 0, high = n - 1;
		while (low < high) {
			const mid = (low + high) >> 1;
			if (sums[mid] < x) low = mid + 1; else high = mid;
		}
		return low;
	};
}

const day = 86400000;

// Users of known taste. A video has a subject and one of its facets as keywords; a user likes three subjects and one facet of each, watches
// in sittings of one subject, and one time in seven something popular of any. { videos, interactions: [{ user, video, at (ms) }] } by time.
export function madeTastes({ videos = 2000, users = 500, each = 40, subjects = Math.max(8, Math.round(videos / 60)), facets = 4, seed = 1 } = {}) {
	const random = seeded(seed), below = (n) => Math.floor(random() * n), now = Date.now();
	const shelf = new Map(), catalogue = [];
	for (let i = 0; i < videos; i++) {
		const subject = below(subjects), facet = below(facets), key = `${subject}.${facet}`;
		catalogue.push({ videoId: `v${i}`, title: `Video ${i}`, channelId: `c${below(Math.ceil(videos / 5))}`, viewCount: 10 ** (2 + 4 * random()) | 0,
			likeCount: 10, publishedAt: new Date(now - day * (200 + below(400))).toISOString(), keywords: [`subject${subject}`, `facet${key}`] });
		shelf.set(key, [...shelf.get(key) ?? [], i]);
	}
	const pickers = new Map([...shelf].map(([key, list]) => [key, zipf(list.length, random)])), anything = zipf(videos, random), interactions = [];
	for (let u = 0; u < users; u++) {
		const tastes = Array.from({ length: 3 }, () => [below(subjects), below(facets)]), seen = new Set();
		let at = now - day * (20 + 80 * random());
		for (let tries = 0, left = 0, taste; seen.size < each && tries < each * 4; tries++) {
			if (left-- <= 0) {
				[taste, left] = [tastes[below(3)], 2 + below(6)];
				at += Math.min(3 * day, (now - at) / 10) * random();
			}
			at += 60000 + below(600000);
			const key = `${taste[0]}.${random() < 0.75 ? taste[1] : below(facets)}`, list = shelf.get(key);
			const video = random() < 1 / 7 || !list ? anything() : list[pickers.get(key)()];
			if (seen.has(video) || at > now)
				continue;
			seen.add(video);
			interactions.push({ user: `u${u}`, video: `v${video}`, at: Math.floor(at) });
		}
	}
	return { name: 'users of known taste', videos: catalogue, interactions: interactions.sort((a, b) => a.at - b.at) };
}

const months = { Jan: 1, Feb: 2, Mar: 3, Apr: 4, May: 5, Jun: 6, Jul: 7, Aug: 8, Sep: 9, Oct: 10, Nov: 11, Dec: 12 };

// A film of MovieLens 100k's u.item, whose genres are columns.
function filmOf(line, genres, shift) {
	const f = line.split('|'), [d, m, y] = f[2].split('-');
	return { videoId: f[0], title: f[1], publishedAt: y ? new Date(Date.UTC(+y, months[m] - 1, +d) + shift).toISOString() : undefined,
		keywords: genres.filter((g, i) => f[5 + i] === '1') };
}

// MovieLens 100k, u.data with u.item beside it; every rating is a view. Times are moved so that the last one was yesterday.
export function movieLens(file) {
	const rows = fs.readFileSync(file, 'latin1').split('\n').map((l) => l.split(/[|\t]/)).filter((f) => /^\d+$/.test(f[0]));
	const shift = Date.now() - day - Math.max(...rows.map((f) => f[3] * 1000));
	const item = path.join(path.dirname(file), 'u.item'), lines = fs.existsSync(item) ? fs.readFileSync(item, 'latin1').split('\n') : [];
	const standard = 'unknown Action Adventure Animation Children Comedy Crime Documentary Drama Fantasy Noir Horror Musical Mystery Romance SciFi Thriller War Western';
	const films = new Map(lines.filter((l) => /^\d+\|/.test(l)).map((l) => [l.split('|')[0], filmOf(l, standard.split(' '), shift)]));
	const ids = [...new Set(rows.map((f) => f[1]))];
	const interactions = rows.map((f) => ({ user: `u${f[0]}`, video: f[1], at: f[3] * 1000 + shift })).sort((a, b) => a.at - b.at);
	return { name: 'MovieLens', videos: ids.map((id) => films.get(id) ?? { videoId: id, title: id }), interactions };
}

// Videos through POST /videos/import, interactions by INSERT. `web`: a client, `token`: of an admin.
export async function loadCuration(d, web, token, { videos, interactions }) {
	for (let i = 0; i < videos.length; i += 5000) {
		const { body, status } = await web.post('/api/v1/videos/import', videos.slice(i, i + 5000), { token, ms: 120000 });
		if (status !== 200 || body.rejected.length > 0)
			throw new Error(`import: ${status} ${JSON.stringify(body).slice(0, 500)}`);
	}
	const db = new pg.Client({ connectionString: d.databaseUrl });
	await db.connect();
	for (let i = 0; i < interactions.length; i += 50000) {
		const part = interactions.slice(i, i + 50000);
		await db.query(`INSERT INTO user_video_interactions (user_id, video_id, type, at)
			SELECT u, v, 'view', to_timestamp(t / 1000.0) FROM unnest($1::text[], $2::text[], $3::bigint[]) AS x (u, v, t)`,
		[part.map((x) => x.user), part.map((x) => x.video), part.map((x) => x.at)]);
	}
	await db.query('ANALYZE');
	await db.end();
}
