-- A batch of interactions whose preferences and trends are still to follow: the rows of transaction `tx` with an id above `after_id` (transaction
-- numbers begin anew in a restored database, ids do not). Written with them, deleted with what follows.
CREATE TABLE interaction_batches (
	id		bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tx		bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
	after_id	bigint NOT NULL,
	n		int NOT NULL,				-- rows at most
	users		text[] NOT NULL				-- whose they are
);
