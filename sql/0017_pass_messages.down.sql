DROP FUNCTION empty_analysis(text, text, double precision);
ALTER TABLE notifications DROP COLUMN extra;
