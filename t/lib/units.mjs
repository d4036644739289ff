// units.mjs -- the project's C as units that call each other: what each defines, what uses it, and where calls go in
// circles. A unit is x.c with x.h. Text alone is read, so no build is needed: a function's name begins its line.
import path from 'node:path';

// Code without comments and without what is in quotes.
export const bare = (s) => s.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, ''))
	.replace(/"(\\.|[^"\\\n])*"/g, '""');

export const unitOf = (file) => file.replace(/\.\w+$/, '');

const functions = /^([^\n]*)\n(\w+)\(/gm;
const oneLiners = /^(?!static|extern|typedef)\w[\w *]*[ *](\w+)\([^;{]*\) \{ .*\}$/gm;
const objects = /^(?!static|extern|typedef|enum)(?:const )?(?:struct \w+|\w+)[^\n(=;{]*?\b(\w+)(?:\[[^\]]*\])*\s*=/gm;
const prototypes = /^(?!#|static)[^\n#]*\b\w+\([^{}]*?\)[^{};]*;|^extern[^;]*;/gm;

// The names with external linkage that each file defines: Map of name to file.
export function definitions(sources) {
	const defs = new Map();
	for (const [file, text] of sources) {
		if (!file.endsWith('.c'))
			continue;
		for (const [, type, name] of text.matchAll(functions))
			if (/^\w/.test(type) && !/\bstatic\b|[;}]\s*$|^#/.test(type))
				defs.set(name, file);
		for (const [, name] of [...text.matchAll(oneLiners), ...text.matchAll(objects)])
			defs.set(name, file);
	}
	return defs;
}

// Which other files use each name, declarations in headers aside: Map of name to a list of files.
export function users(sources, defs) {
	const used = new Map([...defs.keys()].map((name) => [name, []]));
	for (const [file, text] of sources) {
		const code = file.endsWith('.h') ? text.replace(prototypes, '') : text;
		for (const word of new Set(code.match(/\b[A-Za-z_]\w*/g)))
			if (defs.has(word) && defs.get(word) !== file)
				used.get(word).push(file);
	}
	return used;
}

// Units of the same layer that reach each other (Tarjan): a list of lists of units, each with the calls among them.
export function circles(sources, layerOf) {
	const defs = definitions(sources), edges = new Map();
	for (const [name, list] of users(sources, defs)) {
		const to = defs.get(name);
		const near = (f) => f.endsWith('.c') && layerOf(f) === layerOf(to) && unitOf(f) !== unitOf(to);
		for (const file of list.filter(near)) {
			const from = edges.get(unitOf(file)) ?? new Map();
			from.set(unitOf(to), name);
			edges.set(unitOf(file), from);
		}
	}
	const index = new Map(), low = new Map(), stack = [], found = [];
	const visit = (v) => {
		index.set(v, index.size);
		low.set(v, index.get(v));
		stack.push(v);
		for (const w of edges.get(v)?.keys() ?? []) {
			if (!index.has(w))
				visit(w);
			if (stack.includes(w))
				low.set(v, Math.min(low.get(v), low.get(w)));
		}
		if (low.get(v) !== index.get(v))
			return;
		const part = stack.splice(stack.indexOf(v));
		if (part.length > 1)
			found.push(part.sort());
	};
	[...edges.keys()].forEach((v) => index.has(v) || visit(v));
	const calls = (part) => part.flatMap((a) => part.filter((b) => edges.get(a)?.has(b)).map((b) =>
		`${path.basename(a)} calls ${edges.get(a).get(b)} of ${path.basename(b)}`));
	return found.map((part) => ({ units: part, calls: calls(part) }));
}
