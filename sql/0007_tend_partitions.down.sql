DROP FUNCTION forget_reviews(timestamptz, int);
DROP INDEX analysis_requests_created;
CREATE OR REPLACE FUNCTION make_month_partitions(parent text, ahead int) RETURNS int LANGUAGE plpgsql AS $$
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
