// breaking.mjs -- what a change of an AsyncAPI document breaks for those who were written against an earlier one.
//
// A message that Dure sends must still be one that its readers know; one that Dure takes must still be taken. Additions break nothing.

// What is compared, in order, so that its differences are read a line a message.
export function shorten(spec) {
	const bare = (s) => (Array.isArray(s) ? s.map(bare) : s === null || typeof s !== 'object' ? s : Object.fromEntries(Object.entries(s)
		.filter(([k, v]) => !(k === 'examples' || (k === 'description' && typeof v === 'string') || (k === 'title' && typeof v === 'string'))).map(([k, v]) => [k, bare(v)])));
	const messages = {};
	for (const [channel, { messages: list }] of Object.entries(spec.channels))
		for (const [name, { payload, ...m }] of Object.entries(list))
			messages[`${channel} ${name}`] = { goes: directions(spec, channel, name), ...(m['x-alias'] && { alias: m['x-alias'] }), payload: bare(payload) };
	return { messages, components: { schemas: bare(spec.components.schemas) } };
}

const directions = (spec, channel, name) => [...new Set(Object.values(spec.operations).flatMap((o) => {
	const named = (list) => list?.some((m) => m.$ref === `#/channels/${channel}/messages/${name}`);
	return [...(named(o.messages) ? [o.action === 'send' ? 'out' : 'in'] : []), ...(named(o.reply?.messages) ? ['out'] : [])];
}))].sort();

export function print({ messages, components: { schemas } }) {
	const lines = (o) => Object.entries(o).map(([k, v]) => `\t${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(',\n');
	return `{"messages": {\n${lines(messages)}\n}, "components": {"schemas": {\n${lines(schemas)}\n}}}\n`;
}

const deref = (doc, s) => {
	while (s?.$ref)
		s = s.$ref.slice(2).split('/').reduce((at, k) => at?.[k], doc);
	return s?.allOf?.length === 1 ? deref(doc, s.allOf[0]) : s ?? {};
};
const alternatives = (doc, s) => {
	const d = deref(doc, s);
	if (d.anyOf)
		return d.anyOf.flatMap((a) => alternatives(doc, a));
	return Array.isArray(d.type) ? d.type.map((type) => ({ ...d, type })) : [d];
};
const isAny = (s) => s.type === undefined && !('const' in s) && !s.enum && !s.anyOf;
const values = (s) => ('const' in s ? [s.const] : s.enum);
const limits = [['maxLength', 1], ['maximum', 1], ['maxItems', 1], ['minLength', -1], ['minimum', -1], ['minItems', -1]];

// Why not every value of `sub` is one of `sup`, at `at`. `goes`: whether readers or writers are looked after.
function within(sub, sup, goes, at, depth = 0) {
	const subs = alternatives(sub.doc, sub.schema), sups = alternatives(sup.doc, sup.schema);
	if (depth > 20 || sups.some(isAny))
		return [];
	return subs.flatMap((a) => {
		const tries = sups.map((b) => one({ ...sub, schema: a }, { ...sup, schema: b }, goes, at, depth));
		return tries.some((t) => t.length === 0) ? [] : tries.sort((x, y) => x.length - y.length)[0];
	});
}

function one({ doc: subDoc, schema: a }, { doc: supDoc, schema: b }, goes, at, depth) {
	const known = values(b), mine = values(a);
	if (known || mine)
		return known && !mine ? [`${at}: any ${a.type ?? 'value'} instead of ${known.join('|')}`]
			: !known ? (typeof mine[0] === b.type || (b.type === 'null' && mine[0] === null) ? [] : [`${at}: other type`])
				: mine.filter((v) => !known.includes(v)).map((v) => `${at}: ${goes === 'out' ? 'new' : 'removed'} value ${v}`);
	if (a.type !== b.type && !(a.type === 'integer' && b.type === 'number'))
		return [`${at}: changed type, ${goes === 'out' ? `${b.type} to ${a.type}` : `${a.type} to ${b.type}`}`];
	const faults = goes === 'out' ? [] : limits.filter(([k, sign]) => k in b && (!(k in a) || sign * (b[k] - a[k]) < 0)).map(([k]) => `${at}: narrower ${k}`);
	if (a.type === 'array')
		return [...faults, ...within({ doc: subDoc, schema: a.items ?? {} }, { doc: supDoc, schema: b.items ?? {} }, goes, `${at}[]`, depth + 1)];
	if (a.type !== 'object')
		return faults;
	const [was, now] = goes === 'out' ? [b, a] : [a, b], has = (s, k) => Object.hasOwn(s.properties ?? {}, k);
	for (const k of Object.keys(was.properties ?? {}))
		if (!has(now, k) && !(goes === 'in' && now.additionalProperties))
			faults.push(`${at}.${k}: removed member`);
		else if (has(now, k))
			faults.push(...within({ doc: subDoc, schema: a.properties[k] }, { doc: supDoc, schema: b.properties[k] }, goes, `${at}.${k}`, depth + 1));
	for (const k of b.required ?? [])
		if (!(a.required ?? []).includes(k) && (goes === 'in' || has(a, k)))
			faults.push(`${at}.${k}: ${goes === 'out' ? 'may be absent now' : 'required now'}`);
	return faults;
}

// Faults of the document `now`, both of shorten(); [] when clients of `was` go on.
export function breaks(was, now) {
	return Object.entries(was.messages).flatMap(([name, m]) => {
		const other = now.messages[name], old = { doc: was, schema: m.payload }, fresh = { doc: now, schema: other?.payload };
		if (!other)
			return [`${name}: removed`];
		return [...(m.alias && m.alias !== other.alias ? [`${name}: removed alias ${m.alias}`] : []),
			...m.goes.filter((g) => !other.goes.includes(g)).map((g) => `${name}: goes ${g} no more`),
			...(m.goes.includes('out') ? within(fresh, old, 'out', name) : []), ...(m.goes.includes('in') ? within(old, fresh, 'in', name) : [])];
	});
}
