/* shelves.h -- what users watched, in memory, and which videos are near each other in it.
 *
 * A shelf holds the videos of a user, the latest first, each once; a video is known by its key, the 64-bit hash in
 * video_affinities. Two videos of a shelf at a distance of n have exp(-n / 10) in common, up to 30. About 12 bytes an
 * entry and 60 a video.
 */
#ifndef CURATION_SHELVES_H
#define CURATION_SHELVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shelves;
struct shelf_near {
	int64_t	 key;
	double	 weight;
};

/* On the heap; out of memory aborts. shelves_free nulls the pointer. None of these yields. */
struct shelves	*shelves_new(void);
void		 shelves_free(struct shelves **s);
/* False: the user, named by a hash, is known already. */
bool		 shelves_add_user(struct shelves *s, uint64_t user);
/* Adds a shelf, the latest video first; of repeated ones the first counts. */
void		 shelves_add(struct shelves *s, const int64_t *keys, size_t n);
/* How many users had the video, in all; one without this is nobody's neighbour. */
void		 shelves_set_users(struct shelves *s, int64_t key, int64_t users);
size_t		 shelves_entries(const struct shelves *s);
/* The videos of all shelves, and of shelves_set_users. */
const int64_t	*shelves_keys(const struct shelves *s, size_t *n);
/* Once, after all shelves: prepares shelves_near. */
void		 shelves_index(struct shelves *s);
/* The up to `max` nearest of a video, nearest first: the sum of what they have in common, divided by users^0.5 of this
 * and users^0.4 of the other. Where shelves of some of its users are missing, the others stand for them. *steps: is
 * increased by how many pairs were looked at. */
size_t		 shelves_near(struct shelves *s, int64_t key, struct shelf_near *out, size_t max, size_t *steps);

#endif
