-- The shop: categories, what products need to be sold, orders and payments.
--
-- People are named by the subject of their token, which need not be an account here, and what was sold outlives accounts: no
-- reference to users.

CREATE TABLE categories (
	id		uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	parent_id	uuid REFERENCES categories,		-- NULL: a root
	name		varchar(100) NOT NULL,
	position	int NOT NULL DEFAULT 0,			-- among its siblings
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX categories_name ON categories (parent_id, lower(name)) NULLS NOT DISTINCT;

-- A product with a seller is in the shop; one without is known from its reviews only. Nothing that a sale changes is indexed, and
-- pages keep room, so that selling rewrites the row in place (HOT).
ALTER TABLE products
	ADD COLUMN seller_id	uuid,
	ADD COLUMN category_id	uuid REFERENCES categories,
	ADD COLUMN description	text NOT NULL DEFAULT '',
	ADD COLUMN stock	bigint NOT NULL DEFAULT 0 CONSTRAINT products_stock CHECK (stock >= 0),
	ADD COLUMN sold		bigint NOT NULL DEFAULT 0,	-- in orders that were not cancelled
	ADD COLUMN version	bigint NOT NULL DEFAULT 1,	-- changes by its seller
	ADD COLUMN revision	bigint NOT NULL DEFAULT 1,	-- changes by anybody, sales too: orders what is told of it
	ADD COLUMN deleted_at	timestamptz,
	SET (fillfactor = 80);
CREATE INDEX products_shop_new ON products (created_at, id) WHERE seller_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX products_shop_price ON products (price, id) WHERE seller_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX products_seller ON products (seller_id, created_at) WHERE seller_id IS NOT NULL;
CREATE INDEX products_category ON products (category_id) WHERE category_id IS NOT NULL;

-- Stock that came or went otherwise than by orders.
CREATE TABLE stock_adjustments (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id	varchar(255) NOT NULL REFERENCES products ON DELETE CASCADE,
	user_id		uuid,					-- who did it
	delta		bigint NOT NULL,
	stock		bigint NOT NULL,			-- after it
	reason		text,
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stock_adjustments_product ON stock_adjustments (product_id, id DESC);
CREATE INDEX stock_adjustments_user ON stock_adjustments (user_id);

-- Changes of products not yet told to the live streams that show them; a row is deleted once it was told.
CREATE TABLE product_changes (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id	varchar(255) NOT NULL,
	stream_key	text,					-- this stream only; NULL: all live ones that show it
	change		text NOT NULL CHECK (change IN ('added', 'updated', 'soldout', 'deleted')),
	doc		jsonb NOT NULL,				-- what is told
	created_at	timestamptz NOT NULL DEFAULT now()
);

-- The live streams that show a product. Streams come with a later migration; until then there are none.
CREATE FUNCTION live_streams_of(product text) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF to_regclass('stream_products') IS NOT NULL THEN
		RETURN QUERY SELECT s.stream_key::text FROM streams s JOIN stream_products p USING (stream_key)
		    WHERE p.product_id = product AND s.status = 'live';
	END IF;
END $$;

-- What is told of a product, and what a list shows of it.
CREATE FUNCTION product_doc(p products) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('id', (p).id, 'name', (p).name, 'description', (p).description, 'price', (p).price, 'stock', (p).stock,
	'sold', (p).sold, 'categoryId', (p).category_id, 'imageUrl', (p).image_url, 'sellerId', (p).seller_id, 'rating', (p).rating,
	'reviewCount', (p).review_count, 'version', (p).version, 'revision', (p).revision, 'createdAt', iso((p).created_at),
	'updatedAt', iso((p).updated_at));

CREATE TABLE orders (
	id		uuid PRIMARY KEY,
	user_id		uuid,					-- the buyer; NULL: has been forgotten
	status		text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
	total		bigint NOT NULL CHECK (total >= 0),	-- won
	stream_key	text,					-- where it was bought
	payment_id	text,
	cancel_reason	text CHECK (cancel_reason IN ('buyer', 'seller', 'admin', 'expired', 'payment')),
	expires_at	timestamptz NOT NULL,			-- when it is cancelled unless paid
	created_at	timestamptz NOT NULL DEFAULT now(),
	paid_at		timestamptz,
	shipped_at	timestamptz,
	delivered_at	timestamptz,
	cancelled_at	timestamptz
);
CREATE INDEX orders_user ON orders (user_id, created_at DESC, id);
CREATE INDEX orders_created ON orders (created_at DESC, id);
CREATE INDEX orders_unpaid ON orders (expires_at) WHERE status = 'pending';

-- What was bought, at the price of that moment.
CREATE TABLE order_items (
	order_id	uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
	product_id	varchar(255) NOT NULL,
	user_id		uuid,					-- the buyer, as in orders
	seller_id	uuid,
	name		text NOT NULL,
	price		bigint NOT NULL CHECK (price >= 0),	-- won, of one
	quantity	int NOT NULL CHECK (quantity > 0),
	shipped_at	timestamptz,
	created_at	timestamptz NOT NULL DEFAULT now(),	-- of the order
	PRIMARY KEY (order_id, product_id)
);
CREATE INDEX order_items_seller ON order_items (seller_id, created_at DESC, order_id);

-- Buyers see their orders, sellers those with something of theirs in it, and of it their own items.
ALTER TABLE order_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY order_items_owner ON order_items USING (is_caller(user_id) OR is_caller(seller_id));
ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY orders_owner ON orders
	USING (is_caller(user_id) OR EXISTS (SELECT FROM order_items i WHERE i.order_id = orders.id AND is_caller(i.seller_id)))
	WITH CHECK (is_caller(user_id));

-- What the payment provider told, once each: an event that comes again finds its row.
CREATE TABLE payment_events (
	id		varchar(255) PRIMARY KEY,		-- the provider's
	type		text NOT NULL,
	order_id	uuid NOT NULL,
	payment_id	text,
	amount		bigint,
	outcome		text NOT NULL,				-- what came of it
	created_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payment_events_order ON payment_events (order_id);
