/* media.h -- the Content-Security-Policy of pages that play a stream. Does not yield. */
#ifndef HTTP_MEDIA_H
#define HTTP_MEDIA_H

/* The policy of a page with a player: everything from this server, and from MEDIA_ORIGINS video, HLS playlists and
 * segments that a script fetches, and blob: for what the script assembles. Made once; lives as long as the process. */
const char *media_policy(void);

#endif
