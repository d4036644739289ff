// png.mjs -- makes a screenshot small: a PNG of true colours in, one of a palette out.
//
// Reads what Chromium writes: 8 bits a sample, RGB or RGBA, not interlaced. Transparency is dropped.
import zlib from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const APART = 6;		// how far colours of the palette are from each other, at least

function chunks(png) {
	const list = [];
	for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
		list.push([png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + png.readUInt32BE(at))]);
	return list;
}

function paeth(a, b, c) {
	const p = a + b - c, [pa, pb, pc] = [a, b, c].map((x) => Math.abs(p - x));
	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// { width, height, pixels }: 0xRRGGBB each.
function decode(png) {
	const list = chunks(png), head = list[0][1], width = head.readUInt32BE(0), height = head.readUInt32BE(4);
	const bytes = { 2: 3, 6: 4 }[head[9]], line = width * bytes;
	const raw = zlib.inflateSync(Buffer.concat(list.filter(([type]) => type === 'IDAT').map(([, data]) => data)));
	const pixels = new Uint32Array(width * height);
	let above = Buffer.alloc(line);
	for (let y = 0; y < height; y++) {
		const filter = raw[y * (line + 1)], row = raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1));
		for (let i = 0; i < line; i++) {
			const a = i < bytes ? 0 : row[i - bytes], b = above[i], c = i < bytes ? 0 : above[i - bytes];
			row[i] += [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter];
		}
		for (let x = 0; x < width; x++)
			pixels[y * width + x] = row[x * bytes] << 16 | row[x * bytes + 1] << 8 | row[x * bytes + 2];
		above = row;
	}
	return { width, height, pixels };
}

const distance = (a, b) => Math.hypot((a >> 16) - (b >> 16), (a >> 8 & 255) - (b >> 8 & 255), (a & 255) - (b & 255));

// The most frequent colours, none of them close to another: of a page, whose grounds are flat, these are the ones that matter.
function choose(counts, most) {
	const palette = [];
	for (const [colour] of [...counts].sort((a, b) => b[1] - a[1])) {
		if (palette.length === most)
			break;
		if (palette.every((p) => distance(p, colour) >= APART))
			palette.push(colour);
	}
	return palette;
}

function crc(bytes) {
	let c = ~0;
	for (const b of bytes) {
		c ^= b;
		for (let i = 0; i < 8; i++)
			c = c >>> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c >>> 0;
}

function chunk(type, data) {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]), ends = Buffer.alloc(8);
	ends.writeUInt32BE(data.length, 0);
	ends.writeUInt32BE(crc(body), 4);
	return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

// The same picture with at most `most` colours (2 to 256).
export function shrink(png, most = 224) {
	const { width, height, pixels } = decode(png), counts = new Map();
	for (const p of pixels)
		counts.set(p, (counts.get(p) ?? 0) + 1);
	const palette = choose(counts, most), nearest = new Map();
	for (const colour of counts.keys())
		nearest.set(colour, palette.reduce((best, p, i) => distance(p, colour) < distance(palette[best], colour) ? i : best, 0));
	const rows = Buffer.alloc(height * (width + 1));
	for (let i = 0; i < pixels.length; i++)
		rows[Math.floor(i / width) * (width + 1) + 1 + i % width] = nearest.get(pixels[i]);
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 3, 0, 0, 0], 8);
	return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('PLTE', Buffer.from(palette.flatMap((p) => [p >> 16, p >> 8 & 255, p & 255]))),
		chunk('IDAT', zlib.deflateSync(rows, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
