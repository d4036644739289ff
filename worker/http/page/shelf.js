// shelf.js -- the products of a stream as they are now: the state, then every change.
//
// A product has a revision: an older one that comes late changes nothing. Who draws is told of each change.
export class Shelf {
	#products = new Map();
	#order = new Map();		/* id -> {position, highlighted} */
	#changed;

	/* changed(products in order, {kind, product} or null) */
	constructor(changed) {
		this.#changed = changed;
	}

	all() {
		const place = p => this.#order.get(p.id)?.position ?? p.position ?? Infinity;
		return [...this.#products.values()].sort((a, b) => place(a) - place(b))
			.map(p => ({ ...p, highlighted: this.#order.get(p.id)?.highlighted ?? false }));
	}

	set(products) {
		this.#products = new Map(products.map(p => [p.id, p]));
		this.#order = new Map(products.map(p => [p.id, p]));
		this.#changed(this.all(), null);
	}

	arrange(places) {
		this.#order = new Map(places.map(p => [p.productId, p]));
		this.#changed(this.all(), null);
	}

	change(kind, product) {
		const known = this.#products.get(product.id);
		if (kind === 'deleted')
			this.#products.delete(product.id);
		else if (known && known.revision > product.revision)
			return;
		else if (known || kind === 'added')
			this.#products.set(product.id, { ...known, ...product });
		else
			return;
		this.#changed(this.all(), { kind, product });
	}

	/* Hear of one stream's products over these channels. */
	listen(channels, key) {
		const mine = fn => payload => (payload.streamKey ?? key()) === key() && fn(payload);
		for (const kind of ['added', 'updated', 'soldout', 'deleted'])
			channels.on('/', `live:product:${kind}`, mine(p => this.change(kind, p)));
		channels.on('/', 'stream:state', mine(s => this.set(s.products)));
		channels.on('/', 'stream:products', mine(s => this.arrange(s.products)));
	}
}
