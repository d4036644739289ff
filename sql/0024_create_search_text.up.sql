-- Searching for a word that stands in most names: no index narrows it, so what is compared with each row is stored in lower case, and
-- products are read in the order of the answer until a page is full. The table is written anew under an exclusive lock.

-- A query cannot match across the character between the two.
ALTER TABLE products ADD COLUMN search_text text NOT NULL GENERATED ALWAYS AS (lower(name) || E'\x01' || lower(id)) STORED;
CREATE INDEX products_rank ON products ((-review_count), id) WHERE deleted_at IS NULL;

-- It takes tens of microseconds, and the planner shall not have a scan compute it for each row instead of asking the index.
ALTER FUNCTION search_grams(text) COST 10000;
