DROP INDEX videos_youtube;
CREATE OR REPLACE FUNCTION video_doc(v videos) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_build_object('videoId', (v).video_id, 'title', (v).title, 'description', (v).description, 'channelId', (v).channel_id,
	'channelTitle', (v).channel_title, 'publishedAt', iso((v).published_at), 'durationSeconds', (v).duration_s,
	'viewCount', (v).view_count, 'likeCount', (v).like_count, 'commentCount', (v).comment_count, 'keywords', to_jsonb((v).keywords),
	'emotions', (v).emotions, 'qualityScore', round((v).quality_score::numeric, 4), 'language', (v).language, 'source', (v).source,
	'fetchedAt', iso((v).fetched_at), 'hiddenAt', iso((v).hidden_at), 'pinnedUntil', iso((v).pinned_until));
DROP TABLE classification_batches;
DROP TABLE external_quotas;
