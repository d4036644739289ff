// openapi.js -- reads an OpenAPI document into plain operations, and says what people want to know of each. Touches no document.

/* {id, method, path, group, summary, access, parameters, body, answer, answerType} of each; in the document's order. */
export function operationsOf(doc) {
	return Object.entries(doc.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, op]) => {
		const success = Object.keys(op.responses).find(status => status[0] === '2');
		const content = op.responses[success]?.content ?? {}, [answerType = ''] = Object.keys(content);
		return { id: `${method}${path}`, method: method.toUpperCase(), path, group: groupOf(path), summary: op.summary, access: accessOf(op.security),
			parameters: op.parameters ?? [], body: op.requestBody?.content ?? null, answer: content[answerType]?.example, answerType };
	}));
}

/* The first word of the path behind /api and its version. */
const groupOf = path => path.replace(/^\/api\//, '/').replace(/^\/v\d+\//, '/').split('/')[1];

/* all | may | user | session */
function accessOf(security) {
	if (!security?.length)
		return 'all';
	if (security.some(s => Object.keys(s).length === 0))
		return 'may';
	return security.some(s => s.apiKey) ? 'user' : 'session';
}

/* The type of a schema in a few signs: string 1–255, integer 1–100 = 20, a | b. w: words with listOf and anyValue. */
export function kindOf(schema, w) {
	if (schema.enum)
		return schema.enum.join(' | ') + fallback(schema);
	if (schema.type === 'array')
		return w.listOf(kindOf(schema.items ?? {}, w));
	const low = schema.minimum ?? schema.minLength, high = schema.maximum ?? schema.maxLength;
	const range = high !== undefined && high <= 1e12 ? ` ${low ?? 0}–${high}` : low !== undefined ? ` ≥ ${low}` : '';
	return (schema.format ?? [schema.type ?? w.anyValue].flat().join(' | ')) + range + fallback(schema);
}

const fallback = schema => schema.default === undefined ? '' : ` = ${JSON.stringify(schema.default)}`;

/* A value that the schema takes. */
export function exampleOf(schema) {
	if (schema.default !== undefined)
		return schema.default;
	if (schema.enum)
		return schema.enum[0];
	switch ([schema.type].flat()[0]) {
	case 'integer': case 'number': return Math.max(schema.minimum ?? 1, 1);
	case 'boolean': return true;
	case 'array': return schema.items ? [exampleOf(schema.items)] : [];
	case 'object': return bodyExample(schema);
	default: return { email: 'you@example.com', 'date-time': '2026-01-31T09:08:07Z' }[schema.format] ?? '…';
	}
}

/* An object with what is required; with everything where nothing is. */
function bodyExample(schema) {
	const names = schema.required?.length ? schema.required : Object.keys(schema.properties ?? {});
	return Object.fromEntries(names.map(n => [n, exampleOf(schema.properties?.[n] ?? {})]));
}

const shell = text => `'${text.replaceAll("'", "'\\''")}'`;

/* The operation as a line for the shell. */
export function curlOf(op, origin) {
	const query = op.parameters.filter(p => p.in === 'query' && p.required).map(p => `${p.name}=${encodeURIComponent(exampleOf(p.schema))}`).join('&');
	const parts = [`curl${op.method === 'GET' ? '' : ` -X ${op.method}`} ${shell(origin + op.path + (query && `?${query}`))}`];
	if (op.access === 'user' || op.access === 'session')
		parts.push(`-H "Authorization: Bearer $TOKEN"`);
	if (op.body?.['application/x-ndjson'])
		parts.push(`-H 'Content-Type: application/x-ndjson'`, '--data-binary @reviews.ndjson');
	else if (op.body?.['application/json'])
		parts.push(`-H 'Content-Type: application/json'`, `-d ${shell(JSON.stringify(exampleOf(op.body['application/json'].schema)))}`);
	return parts.join(' \\\n     ');
}
