/* backup_manifest.h -- what a backup holds: rows by table, row-level security, migrations; to compare with what was
 * restored. */
#ifndef CMD_BACKUP_MANIFEST_H
#define CMD_BACKUP_MANIFEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct pg_script;

/* The manifest of the database as this connection's transaction sees it, as JSON in `mem`:
 * {"tables":{"users":3,…},"policies":…,"forced":…,"migration":…,"createdAt":…}. False with
 * pg_script_why. Blocks, for a count of every table. */
bool	 manifest_read(struct pg_script *db, struct arena *mem, struct str *text);
/* Compare a database with the manifest of a backup: prints each difference on standard error, and returns how many
 * there are; -1, after printing why, when either cannot be read. */
int	 manifest_compare(struct pg_script *db, struct arena *mem, struct str wanted);

#endif
