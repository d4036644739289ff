/* notification_text.c -- the known types. See notification_text.h. */
#include "notification_text.h"

#include <stdbool.h>

#include "base/str.h"

static const struct notification_text texts[] = {
	{ "analysis_started", "분석 시작", "상품 리뷰 분석이 시작되었습니다.",
	    "Analysis started", "The analysis of the product's reviews has started." },
	{ "analysis_progress", "분석 진행", "상품 리뷰를 분석하고 있습니다.",
	    "Analysis under way", "The product's reviews are being analysed." },
	{ "analysis_completed", "분석 완료", "상품 리뷰 분석이 완료되었습니다.",
	    "Analysis complete", "The analysis of the product's reviews is complete." },
	{ "analysis_failed", "분석 실패", "상품 리뷰 분석에 실패했습니다.",
	    "Analysis failed", "The analysis of the product's reviews has failed." },
	{ "batch_started", "일괄 분석 시작", "일괄 분석이 시작되었습니다.",
	    "Batch started", "The batch analysis has started." },
	{ "batch_completed", "일괄 분석 완료", "일괄 분석이 완료되었습니다.",
	    "Batch complete", "The batch analysis is complete." },
	{ "batch_failed", "일괄 분석 실패", "일괄 분석에 실패했습니다.",
	    "Batch failed", "The batch analysis has failed." },
	{ "search_completed", "검색 완료", "검색 결과가 준비되었습니다.",
	    "Search complete", "The results of your search are ready." },
	{ "price_alert", "가격 알림", "관심 상품의 가격이 내렸습니다.",
	    "Price alert", "The price of a product that you watch has fallen." },
	{ "price_changed", "가격 변동", "관심 상품의 가격이 변경되었습니다.",
	    "Price changed", "The price of a product that you watch has changed." },
	{ "watchlist_added", "관심 상품 추가", "관심 목록에 상품이 추가되었습니다.",
	    "Product watched", "A product has been added to your watch list." },
	{ "watchlist_removed", "관심 상품 삭제", "관심 목록에서 상품이 삭제되었습니다.",
	    "Product no longer watched", "A product has been removed from your watch list." },
};

static bool
is_same(const char *type, const char *name)
{
	for (; *type != '\0' && (*type == *name || (*type == '-' && *name == '_')); type++, name++)
		;
	return *type == '\0' && *name == '\0';
}

const struct notification_text *
notification_text(const char *type)
{
	size_t i;

	for (i = 0; i < NELEM(texts); i++)
		if (is_same(type, texts[i].type))
			return &texts[i];
	return NULL;
}
