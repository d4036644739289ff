-- What external services may cost a day, and the batches that wait for Anthropic. The clients are in worker/external/.

CREATE TABLE external_quotas (
	bucket		text NOT NULL,		-- "youtube.units"
	day		date NOT NULL,		-- as the service counts it
	used		bigint NOT NULL,	-- or reserved
	PRIMARY KEY (bucket, day)
);

-- batch_id NULL: it was about to be created; whether it was is found out by its custom ids, which begin with the tag.
CREATE TABLE classification_batches (
	tag		text PRIMARY KEY,
	batch_id	text UNIQUE,
	model		text NOT NULL,
	prompt_version	text NOT NULL,
	video_ids	text[] NOT NULL,
	reserved	bigint NOT NULL,	-- tokens
	used		bigint NOT NULL DEFAULT 0,
	created_at	timestamptz NOT NULL DEFAULT now(),
	ended_at	timestamptz,
	outcome		text			-- NULL: it is being worked on
);
CREATE INDEX classification_batches_open ON classification_batches (created_at) WHERE outcome IS NULL;

-- What is derived from YouTube's data is labelled.
CREATE OR REPLACE FUNCTION video_doc(v videos) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('videoId', (v).video_id, 'title', (v).title, 'description', (v).description, 'channelId', (v).channel_id,
	'channelTitle', (v).channel_title, 'publishedAt', iso((v).published_at), 'durationSeconds', (v).duration_s,
	'viewCount', (v).view_count, 'likeCount', (v).like_count, 'commentCount', (v).comment_count, 'keywords', to_jsonb((v).keywords),
	'emotions', (v).emotions, 'qualityScore', round((v).quality_score::numeric, 4), 'language', (v).language, 'source', (v).source,
	'fetchedAt', iso((v).fetched_at), 'hiddenAt', iso((v).hidden_at), 'pinnedUntil', iso((v).pinned_until))
	|| CASE WHEN (v).source = 'youtube' THEN jsonb_build_object('derived', to_jsonb(array_remove(ARRAY[
		CASE WHEN (v).quality_score > 0 THEN 'qualityScore' END, CASE WHEN (v).emotions <> '{}' THEN 'emotions' END], NULL)))
	ELSE '{}' END;

CREATE INDEX videos_youtube ON videos (fetched_at) WHERE source = 'youtube';
