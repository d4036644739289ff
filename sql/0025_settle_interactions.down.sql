DROP TABLE interaction_batches;
