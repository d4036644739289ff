-- Where a stream is played from: an MP4 or HLS address for the page that shows it.
ALTER TABLE streams ADD COLUMN playback_url text CHECK (length(playback_url) <= 2000);
