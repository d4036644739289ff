/* media.h -- what the pages of a stream may play: their Content-Security-Policy. Does not yield. */
#ifndef HTTP_MEDIA_H
#define HTTP_MEDIA_H

/* The policy of a page with a player: everything from this server, and video besides from MEDIA_ORIGINS: by address, as
 * HLS playlists and segments that a script fetches, and as what that script puts together (blob:). Made once; lives as
 * long as the process. */
const char *media_policy(void);

#endif
