// asyncapi.js -- reads an AsyncAPI document into plain events and topics, and schemas into rows. Touches no document.

const nameOf = ref => ref.split('/').at(-1);

/* Groups in the document's order: {id, title, events: [{id, kind, name, summary, payload, ack, who, to, room, alias, key}]}; kind: client,
 * server, read, written or both. */
export function groupsOf(doc) {
	const groups = new Map();
	for (const [channel, { address, messages, bindings }] of Object.entries(doc.channels)) {
		const topic = Boolean(bindings?.kafka), id = topic ? 'topics' : channel;
		const group = groups.get(id) ?? groups.set(id, { id, title: topic ? null : address, events: [] }).get(id);
		const operations = Object.values(doc.operations).filter(o => nameOf(o.channel.$ref) === channel);
		group.events.push(...topic ? [topicOf(channel, messages[channel], operations)] : operations.map(o => eventOf(address, messages, o)));
	}
	return [...groups.values()];
}

function eventOf(address, messages, o) {
	const key = nameOf(o.messages[0].$ref), m = messages[key], ack = o.reply && messages[nameOf(o.reply.messages[0].$ref)];
	return { id: `${address} ${key}`, kind: key.split('.')[0], nsp: address, name: m.name, summary: o.summary, payload: m.payload, ack: ack?.payload,
		who: o['x-who'], to: o['x-to'], room: o['x-room'], alias: m['x-alias'] };
}

function topicOf(name, m, operations) {
	const ways = operations.map(o => o.action);
	return { id: `topic ${name}`, kind: ways.length > 1 ? 'both' : ways[0] === 'send' ? 'written' : 'read', name, summary: m.summary, payload: m.payload,
		key: m.bindings.kafka.key.description };
}

/* What the references lead to. */
function resolved(doc, schema) {
	let s = schema;
	while (s?.$ref)
		s = s.$ref.slice(2).split('/').reduce((at, k) => at?.[k], doc);
	return s?.allOf?.length === 1 ? { ...resolved(doc, s.allOf[0]), description: s.description } : s ?? {};
}

export const formsOf = (doc, schema) => {
	const s = resolved(doc, schema);
	return s.anyOf ? s.anyOf.flatMap(a => formsOf(doc, a)) : [s];
};

/* The members of an object, those of its objects behind it: {name, schema, forms, required, depth}. */
export function rowsOf(doc, object, depth = 0, prefix = '') {
	return Object.entries(object.properties ?? {}).flatMap(([name, raw]) => {
		const schema = resolved(doc, raw), forms = formsOf(doc, raw), path = prefix + name;
		const inner = forms.map(f => f.type === 'array' ? { list: '[]', ...first(formsOf(doc, f.items)) } : f).find(f => f.properties && Object.keys(f.properties).length);
		return [{ name: path, text: schema.description, forms, required: object.required?.includes(name) },
			...inner && depth < 4 ? rowsOf(doc, inner, depth + 1, `${path}${inner.list ?? ''}.`) : []];
	});
}

const first = forms => forms.find(f => f.properties) ?? forms[0] ?? {};

/* A type in a few signs. */
export function typeOf(doc, schema, w) {
	const s = resolved(doc, schema), range = rangeOf(s);
	if (s.anyOf)
		return s.anyOf.map(a => typeOf(doc, a, w)).join(' | ');
	if (s.enum || 'const' in s)
		return (s.enum ?? [s.const]).map(v => JSON.stringify(v)).join(' | ');
	if (s.type === 'array')
		return w.listOf(typeOf(doc, s.items ?? {}, w));
	return (s.format ?? [s.type ?? w.anyValue].flat().map(t => t === 'object' ? w.object : t).join(' | ')) + range;
}

function rangeOf(s) {
	const low = s.minimum ?? s.minLength, high = s.maximum ?? s.maxLength;
	return high !== undefined && high <= 1e12 ? ` ${low ?? 0}–${high}` : '';
}

/* A value of the schema, with what is required. */
export function sampleOf(doc, schema) {
	const s = formsOf(doc, schema)[0];
	if (s.enum || 'const' in s)
		return s.enum?.[0] ?? s.const;
	switch ([s.type].flat()[0]) {
	case 'integer': case 'number': return s.minimum ?? 1;
	case 'boolean': return true;
	case 'array': return s.items ? [sampleOf(doc, s.items)] : [];
	case 'object': return Object.fromEntries((s.required ?? []).map(n => [n, sampleOf(doc, s.properties[n])]));
	default: return s.format === 'date-time' ? '2026-01-31T09:08:07Z' : '…';
	}
}
