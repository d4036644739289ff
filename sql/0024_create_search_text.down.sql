ALTER FUNCTION search_grams(text) COST 100;
DROP INDEX products_rank;
ALTER TABLE products DROP COLUMN search_text;
