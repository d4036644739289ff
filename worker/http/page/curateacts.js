// curateacts.js -- what a visitor does with a video, told to the server: each names the list that the video came from.
//
// See:    POST /api/v1/interactions, DELETE /api/v1/interactions/{videoId}/{type}, PUT /api/v1/preferences/keywords
import { ask, onceKey } from './session.js';

const LESS_SCORE = 0.1;
const done = new Map();		/* video -> the types that were recorded on this page */

export const hasDone = (id, type) => done.get(id)?.has(type) ?? false;

/* item: {video, recommendationId?}. The key makes a repeated request harmless. */
export async function record(item, type) {
	const { videoId } = item.video;
	await ask('POST', '/api/v1/interactions', { videoId, type, recommendationId: item.recommendationId ?? undefined }, { 'Idempotency-Key': onceKey('act') });
	done.set(videoId, (done.get(videoId) ?? new Set()).add(type));
}

export async function undo({ video: { videoId } }, type) {
	await ask('DELETE', `/api/v1/interactions/${encodeURIComponent(videoId)}/${type}`);
	done.get(videoId)?.delete(type);
}

/* list: [{keyword, score}], score null forgets one. Resolves to all preferences. */
export const setTaste = list => ask('PUT', '/api/v1/preferences/keywords', { keywords: list });
export const lessOf = keyword => setTaste([{ keyword, score: LESS_SCORE }]);

/* Another account begins anew. */
export const forgetDone = () => done.clear();
