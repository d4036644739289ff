// reviews.js -- turns what somebody pasted or dropped into batches of NDJSON, a slice of the file at a time.
//
// Understands NDJSON, a JSON array, TSV (with or without a header) and plain text (a review a line), in UTF-8, UTF-16
// or CP949.  Memory stays at one slice and one batch whatever the size of the file, and the page is never blocked
// for longer than one slice takes.  A record that cannot be read is reported by its line, the rest goes on.
const SLICE_BYTES = 256 * 1024;
const BATCH_CHARS = 350_000;			/* about 1 MiB of Korean */
const BATCH_RECORDS = 5000;

const FIELDS = {
	id: ['id', 'reviewid', 'review_id'],
	text: ['text', 'review', 'document', 'content', 'comment', 'body', 'reviewtext', '리뷰', '내용', '후기'],
	rating: ['rating', 'score', 'stars', '평점', '별점'],
	author: ['author', 'user', 'nickname', '작성자'],
	date: ['date', 'createdat', 'created_at', '작성일', '날짜'],
};
const fieldOf = name => Object.keys(FIELDS).find(f => FIELDS[f].includes(String(name).trim().toLowerCase()));

/* Yields {body, lines, bad, doneBytes}: body is NDJSON, lines[i] the source line of its record i. */
export async function* batches(blob) {
	let batch = { body: '', lines: [], bad: [] };
	let split = null;

	for await (const { text, doneBytes, last } of pieces(blob)) {
		split ??= splitter(text, blob.name ?? '');
		for (const { line, record, reason } of split(text, last)) {
			if (reason) {
				batch.bad.push({ line, reason });
				continue;
			}
			batch.body += JSON.stringify(record) + '\n';
			batch.lines.push(line);
			if (batch.body.length >= BATCH_CHARS || batch.lines.length >= BATCH_RECORDS) {
				yield { ...batch, doneBytes };
				batch = { body: '', lines: [], bad: [] };
			}
		}
		if (last && (batch.lines.length || batch.bad.length))
			yield { ...batch, doneBytes };
	}
}

async function* pieces(blob) {
	let decoder = null;
	for (let at = 0; at < blob.size || at === 0; at += SLICE_BYTES) {
		const bytes = new Uint8Array(await blob.slice(at, at + SLICE_BYTES).arrayBuffer());
		const last = at + SLICE_BYTES >= blob.size;
		decoder ??= new TextDecoder(encodingOf(bytes));
		yield { text: decoder.decode(bytes, { stream: !last }), doneBytes: at + bytes.length, last };
	}
}

function encodingOf(bytes) {
	if (bytes[0] === 0xff && bytes[1] === 0xfe)
		return 'utf-16le';
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
		return 'utf-8';
	} catch {
		return 'euc-kr';
	}
}

/* Choose by the first piece; the result takes a piece at a time and yields {line, record} or {line, reason}. */
function splitter(head, name) {
	if (/^\s*\[\s*[{"\]]/.test(head))
		return elements(fromJson);
	if (/^\s*\{\s*"/.test(head))
		return lines(fromJson);
	const columns = tsvColumns(head, name);
	return columns ? lines(fromTsv(columns)) : lines(text => ({ record: { text: text.trim() } }));
}

function lines(parse) {
	let carry = '', line = 0;
	const one = whole => {
		const parsed = ++line && whole.trim() ? parse(whole.replace(/\r$/, ''), line) : null;
		return parsed ? [{ line, ...parsed }] : [];
	};
	return function* (text, last) {
		let from = 0;
		for (let nl; (nl = text.indexOf('\n', from)) >= 0; from = nl + 1) {
			yield* one(carry + text.slice(from, nl));
			carry = '';
		}
		carry += text.slice(from);
		if (last)
			yield* one(carry);
	};
}

/* The elements of one JSON array, cut at the commas of depth 1. */
function elements(parse) {
	let carry = '', depth = 0, quoted = false, escaped = false, nth = 0;
	return function* (text, last) {
		let from = 0;
		for (let i = 0; i < text.length; i++) {
			const c = text[i];
			if (quoted) {
				if (escaped)
					escaped = false;
				else if (c === '\\')
					escaped = true;
				else if (c === '"')
					quoted = false;
			} else if (c === '"') {
				quoted = true;
			} else if ((c === '[' || c === '{') && ++depth === 1) {
				from = i + 1;
			} else if ((c === ',' && depth === 1) || ((c === ']' || c === '}') && --depth === 0)) {
				const whole = (carry + text.slice(from, i)).trim();
				carry = '';
				from = i + 1;
				if (whole)
					yield { line: ++nth, ...parse(whole) };
			}
		}
		if (depth > 0)
			carry += text.slice(from);
		if (last && depth > 0 && carry.trim())
			yield { line: ++nth, reason: 'unclosed' };
	};
}

function fromJson(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch {
		return { reason: 'json' };
	}
	return typeof value === 'string' ? fromPairs([['text', value]]) : fromPairs(Object.entries(value ?? {}));
}

function fromPairs(pairs) {
	const record = {};
	for (const [name, value] of pairs) {
		const field = fieldOf(name);
		if (field && value !== null && value !== '' && !(field in record))
			record[field] = field === 'rating' ? Number(value) : String(value).trim();
	}
	if (!record.text)
		return { reason: 'text' };
	if (Number.isNaN(record.rating))
		delete record.rating;
	return { record };
}

/* The field of each column, or null where this is no table. */
function tsvColumns(head, name) {
	const rows = head.split('\n', 5).map(row => row.trimEnd().split('\t'));
	const header = rows[0].map(fieldOf);
	if (rows[0].length > 1 && header.includes('text'))
		return { header: true, fields: header };
	const even = rows.length > 1 && rows[0].length > 1 && rows.slice(0, -1).every(r => r.length === rows[0].length);
	if (!even && !(/\.tsv$/i.test(name) && rows[0].length > 1))
		return null;
	const longest = rows[0].reduce((best, cell, i) => cell.length > rows[0][best].length ? i : best, 0);
	return { header: false, fields: rows[0].map((_, i) => i === longest ? 'text' : i === 0 ? 'id' : undefined) };
}

const fromTsv = ({ header, fields }) => (text, line) => {
	if (header && line === 1)
		return null;
	return fromPairs(text.split('\t').map((cell, i) => [fields[i] ?? '-', cell]));
};
