-- What is pending would be lost with the table.
DO $$ BEGIN
	IF EXISTS (SELECT FROM interaction_batches) THEN
		RAISE EXCEPTION 'interactions wait for their preferences: let the server run for a minute first';
	END IF;
END $$;
DROP TABLE interaction_batches;
