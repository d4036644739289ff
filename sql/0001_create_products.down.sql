DROP TABLE raw_reviews;
DROP SEQUENCE raw_reviews_seq;
DROP TABLE raw_review_keys;
DROP TABLE price_history;
DROP TABLE products;
DROP FUNCTION make_month_partitions(text, int);
DROP FUNCTION iso(timestamptz);
