// api.js -- calls to the REST side: JSON in, JSON out, every failure one kind of error.
//
// call() resolves to the body of a 2xx answer ({} where it has none), or throws ApiError, which carries the contract's code, message and
// details, also for a network failure or an answer that is not ours.  An aborted call throws AbortError.
import { language, words } from './i18n.js';

export class ApiError extends Error {
	constructor(status, { code, message, details = [] }, requestId = '', retryAfter = 0) {
		super(message);
		Object.assign(this, { status, code, details, requestId, retryAfter });
	}
}

/* body: an object is sent as JSON; a string as it is, of the given type. */
export async function call(method, path, { body, type = 'application/json', signal, headers: more = {} } = {}) {
	const headers = { ...more, Accept: 'application/json', 'Accept-Language': language() };
	if (body !== undefined)
		headers['Content-Type'] = type;
	let res, answer;
	try {
		res = await fetch(path, {
			method, headers, signal,
			body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
		});
		answer = res.status === 204 ? {} : await res.json().catch(() => null);
	} catch (e) {
		if (e.name === 'AbortError')
			throw e;
		throw new ApiError(0, { code: 'NETWORK', message: words().errNetwork });
	}
	if (!res.ok || answer === null)
		throw new ApiError(res.status,
			answer?.error ?? { code: `HTTP_${res.status}`, message: words().errStatus(res.status) },
			answer?.requestId ?? res.headers.get('X-Request-Id') ?? '',
			Number(res.headers.get('Retry-After')) || 0);
	return answer;
}

export const productPath = (id, rest) => `/api/products/${encodeURIComponent(id)}/${rest}`;
