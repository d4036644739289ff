-- Products, their price history, and the reviews held of them.

-- A partitioned table gets a partition for each month from the present one to `ahead` months on.
CREATE FUNCTION make_month_partitions(parent text, ahead int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	month date := date_trunc('month', now());
	made int := 0;
	part text;
BEGIN
	FOR i IN 0..ahead LOOP
		part := format('%s_%s', parent, to_char(month, 'YYYYMM'));
		IF to_regclass(part) IS NULL THEN
			EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent, month,
			    month + interval '1 month');
			made := made + 1;
		END IF;
		month := month + interval '1 month';
	END LOOP;
	RETURN made;
END $$;

-- A time as clients read it: ISO 8601, UTC, milliseconds.
CREATE FUNCTION iso(t timestamptz) RETURNS text LANGUAGE sql STABLE
RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

CREATE TABLE products (
	id		varchar(255) PRIMARY KEY DEFAULT gen_random_uuid()::text,
	name		text NOT NULL,
	price		bigint CHECK (price >= 0),		-- won
	rating		numeric(4,2),
	review_count	bigint NOT NULL DEFAULT 0,
	image_url	text,
	reviews_at	timestamptz,				-- when reviews last came in: older results are stale
	created_at	timestamptz NOT NULL DEFAULT now(),
	updated_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX products_name ON products (lower(name) text_pattern_ops);

CREATE TABLE price_history (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id	varchar(255) NOT NULL REFERENCES products ON DELETE CASCADE,
	price		bigint NOT NULL CHECK (price >= 0),
	recorded_at	timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX price_history_product ON price_history (product_id, id DESC);

-- What decides whether a review is a duplicate. Apart from raw_reviews, because a key must be unique over all months.
CREATE TABLE raw_review_keys (
	product_id	varchar(255) NOT NULL,
	review_key	text NOT NULL,
	PRIMARY KEY (product_id, review_key)
);

CREATE SEQUENCE raw_reviews_seq CACHE 64;
CREATE TABLE raw_reviews (
	seq		bigint NOT NULL DEFAULT nextval('raw_reviews_seq'),
	product_id	varchar(255) NOT NULL,
	review_key	text NOT NULL,
	doc		jsonb NOT NULL,				-- text, rating?, author?, date?
	ingested_at	timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (ingested_at);
CREATE INDEX raw_reviews_product ON raw_reviews (product_id, seq);
CREATE TABLE raw_reviews_default PARTITION OF raw_reviews DEFAULT;
SELECT make_month_partitions('raw_reviews', 2);
