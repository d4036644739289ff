DROP TABLE editor_lists, recommendation_lists, video_search_sessions, curation_state, video_affinity_queue, video_affinities,
	user_video_interactions, user_keyword_preferences, trend_keywords, video_classifications, video_keywords;
DROP SEQUENCE user_video_interactions_seq;
DROP FUNCTION interaction_strength(text, bigint);
DROP FUNCTION interaction_target(text, bigint);
DROP FUNCTION interaction_weight(text);
DROP FUNCTION video_doc(videos);
DROP FUNCTION compute_affinities(int, int, int, int);
DROP FUNCTION keyword_boost(double precision);
DROP TABLE videos;
