// outcome.js -- what came of an analysis: its result with the keywords' counts and moods, or the reason why there is none.
//
// The end is announced before it can be read everywhere, so both may be a moment behind.
// See:    GET /api/analyze/result/{id}, GET /api/products/{id}/keywords
import { ApiError, call, productPath } from './api.js';
import { language, words } from './i18n.js';

const KEYWORDS_MAX = 100;

/* Ask until the outcome is there: the result; throws ApiError, and whatever reasonOf() made of a failure. */
export async function fetchOutcome(productId, tries, pauseMs) {
	for (let n = 1; ; n++) {
		const answer = await call('GET', `/api/analyze/result/${encodeURIComponent(productId)}`);
		if (answer.result)
			return { ...answer.result, keywords: await keywordsOf(productId, answer.result.keywords) };
		if (answer.status === 'failed')
			throw reasonOf(answer.error);
		if (n === tries)
			throw new ApiError(202, { code: 'NOT_READY', message: words().errAnalysis });
		await new Promise(done => setTimeout(done, pauseMs));
	}
}

/* The result lists words alone; how often and in which mood is stored beside it. */
async function keywordsOf(productId, plain) {
	try {
		const { data } = await call('GET', productPath(productId, `keywords?limit=${KEYWORDS_MAX}`));
		return data.length ? data : plain;
	} catch {
		return plain;
	}
}

/* The code of a failed analysis has words of ours; a text that is not in the language of the page stays behind them. */
export function reasonOf(error) {
	const { code = 'ANALYSIS_FAILED', message: text = '' } = error ?? {};
	return { code, text, get message() {
		const ours = words().analysisFaults[code];
		return ours ?? (text && /[가-힣]/.test(text) === (language() === 'ko') ? text : `${words().errAnalysis} ${text}`.trim());
	} };
}
