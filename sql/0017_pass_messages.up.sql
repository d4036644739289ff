-- What an outside server's notification has beyond Dure's own members, as it was sent (json keeps the text of numbers); NULL: nothing.
ALTER TABLE notifications ADD COLUMN extra json;

-- The product's analysis that failed lately for want of reviews, and would again: none have come since, and the address is the same. Its
-- own query sees what has been committed until now, not when the calling statement began; the lock keeps a running analysis running
-- until the caller has joined it.
CREATE FUNCTION empty_analysis(product text, link text, within_s double precision) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	last record;
BEGIN
	SELECT r.task_id, r.status, r.error, r.created_at, r.payload ->> 'url' AS url INTO last FROM analysis_requests r
	WHERE r.product_id = product
		AND (r.status IN ('pending', 'processing') OR r.updated_at > clock_timestamp() - make_interval(secs => within_s))
	ORDER BY r.created_at DESC LIMIT 1 FOR NO KEY UPDATE;
	IF last.status = 'failed' AND last.error LIKE 'NO\_REVIEWS%' AND last.url IS NOT DISTINCT FROM link
		AND NOT EXISTS (SELECT FROM products p WHERE p.id = product AND p.reviews_at >= last.created_at) THEN
		RETURN last.task_id;
	END IF;
	RETURN NULL;
END $$;
