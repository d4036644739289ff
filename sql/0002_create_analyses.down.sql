DROP TABLE search_sessions;
DROP TABLE keyword_details;
DROP SEQUENCE keyword_details_seq;
DROP TABLE emotion_cards;
DROP SEQUENCE emotion_cards_seq;
DROP TABLE analysis_results;
DROP TABLE analysis_jobs;
DROP TABLE analysis_requests;
