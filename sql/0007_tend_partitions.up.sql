-- Partitions that come late, old rows that go with what belongs to them, and a cheap look at the last week's requests.

CREATE INDEX analysis_requests_created ON analysis_requests USING brin (created_at) WITH (pages_per_range = 32);

-- A partitioned table gets a partition for each month from the present one to `ahead` months on. Rows of that month that came
-- before their partition, and so lie in the default one, move into it.
CREATE OR REPLACE FUNCTION make_month_partitions(parent text, ahead int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	month date := date_trunc('month', now());
	next_month date;
	made int := 0;
	part text;
	spare regclass;
	by_time name;
BEGIN
	SELECT nullif(p.partdefid, 0), a.attname INTO spare, by_time FROM pg_partitioned_table p
	    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] WHERE p.partrelid = to_regclass(parent);
	FOR i IN 0..ahead LOOP
		part := format('%s_%s', parent, to_char(month, 'YYYYMM'));
		next_month := month + interval '1 month';
		IF to_regclass(part) IS NULL THEN
			EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
			IF spare IS NOT NULL THEN
				EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', spare);
				EXECUTE format('WITH late AS (DELETE FROM %s WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM late',
				    spare, by_time, month, by_time, next_month, part);
			END IF;
			EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, month, next_month);
			made := made + 1;
		END IF;
		month := next_month;
	END LOOP;
	RETURN made;
END $$;

-- Delete at most `most` reviews taken in before `before`, with what makes their repetition a duplicate; drops the months that are
-- empty then. Returns how many reviews, or months when there was no review left.
CREATE FUNCTION forget_reviews(before timestamptz, most int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	WITH gone AS (DELETE FROM raw_reviews WHERE (tableoid, ctid) IN
		(SELECT tableoid, ctid FROM raw_reviews WHERE ingested_at < before LIMIT most) RETURNING product_id, review_key),
	    keys AS (DELETE FROM raw_review_keys k USING gone g WHERE k.product_id = g.product_id AND k.review_key = g.review_key),
	    held AS (UPDATE products p SET review_count = greatest(p.review_count - g.n, 0)
		FROM (SELECT product_id, count(*) AS n FROM gone GROUP BY product_id) g WHERE p.id = g.product_id)
	SELECT count(*) INTO n FROM gone;
	IF n = 0 THEN
		n := drop_month_partitions('raw_reviews', before);
	END IF;
	RETURN n;
END $$;
