#!/bin/sh
# database.sh -- the database and its owner, made when the container of PostgreSQL starts for the first time.
#
# The role owns its database and is no superuser: row-level security would not hold for one.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<-'SQL'
	CREATE ROLE dure LOGIN PASSWORD :'password';
	CREATE DATABASE dure OWNER dure;
	\connect dure
	CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SQL
