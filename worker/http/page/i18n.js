// i18n.js -- the words of the page, Korean and English, and the choice between them.
//
// Markup names its words: data-i18n (text), data-i18n-label (aria-label), data-i18n-hint (placeholder).
// Code asks words() for a string or a function of its numbers, and redraws on onLanguage().
const KO = {
	title: 'Dure · 리뷰가 답이 되는 순간',
	skip: '본문으로 건너뛰기',
	languageLabel: '언어',
	headline: '리뷰가 답이 되는 순간을 지켜보세요',
	lead: '제품의 리뷰를 올리고 분석하기를 누르면, 읽어 나가는 과정과 감정 카드가 실시간으로 도착합니다.',
	connecting: '연결 중', online: '실시간 연결됨', offline: '다시 연결하는 중',
	productTitle: '제품',
	productLabel: '제품 ID', productHint: '예: movie-97747',
	productNote: '가진 제품을 찾거나, 새 ID를 적으면 새 제품이 됩니다.',
	productList: '제품 목록',
	productNew: id => `새 제품 “${id}”`,
	productNone: '아직 가진 제품이 없습니다. 새 ID를 적어 보세요.',
	reviews: n => `리뷰 ${num(n)}건`,
	reviewsTitle: '리뷰',
	reviewsLabel: '리뷰 붙여 넣기', reviewsHint: '한 줄에 리뷰 하나씩 붙여 넣거나, 파일을 끌어다 놓으세요.',
	choose: '파일 고르기', sample: '예시 채우기', upload: '올리기', stop: '멈추기', remove: '파일 빼기',
	formats: 'NDJSON, JSON 배열, TSV, 텍스트 파일을 읽습니다.',
	uploading: (n, pct) => `${num(n)}건 올리는 중 · ${pct}%`,
	uploaded: n => `새 리뷰 ${num(n)}건을 올렸습니다`,
	duplicates: n => `중복 ${num(n)}건`,
	rejected: n => `제외 ${num(n)}건`,
	stopped: '올리기를 멈췄습니다',
	waiting: s => `서버가 바쁩니다. ${s}초 뒤에 이어서 올립니다`,
	lineReason: (line, reason) => `${num(line)}번째: ${reason}`,
	andMore: n => `그 밖에 ${num(n)}건`,
	badJson: 'JSON으로 읽을 수 없습니다', badText: '리뷰 본문이 없습니다', badUnclosed: '끝나지 않은 JSON입니다',
	analyse: '분석하기', analysing: '분석하는 중…',
	analyseNote: '올리지 않은 리뷰가 있으면 먼저 올립니다.',
	needProduct: '제품 ID를 적어 주세요.',
	needReviews: '올릴 리뷰가 없습니다. 붙여 넣거나 파일을 골라 주세요.',
	emptyTitle: '아직 분석한 것이 없습니다',
	emptyText: '제품과 리뷰를 정하고 분석하기를 누르면 이곳에 결과가 나타납니다.',
	progressTitle: '진행', progressLabel: '분석 진행률',
	pending: '차례를 기다리는 중', processing: '리뷰를 읽는 중', completed: '분석을 마쳤습니다', failed: '분석하지 못했습니다',
	saved: '저장된 결과입니다',
	eta: s => `약 ${span(s)} 남음`,
	polling: '실시간 연결이 끊겨 2초마다 확인합니다',
	steps: (n, m) => `${num(n)} / ${num(m)}`,
	sentimentTitle: '긍정 비율', gaugeLabel: pct => `긍정 ${pct}%`, soFar: '도착한 카드 기준', whole: '전체 리뷰 기준',
	positive: '긍정', neutral: '중립', negative: '부정',
	summaryTitle: '한눈에 보기', totalReviews: '읽은 리뷰', duration: '걸린 시간', elapsed: '지난 시간', cardsSoFar: '도착한 카드', speed: '초당 리뷰', source: '출처',
	fromCache: '저장된 결과', updatedLabel: '분석한 때',
	seconds: s => span(s),
	keywordsTitle: '자주 나온 말', keywordTimes: (w, n) => `${w}, ${num(n)}회`,
	cardsTitle: '감정 카드', cardsLabel: '도착한 카드', filterLabel: '카드 거르기', all: '전체', more: '카드 더 보기',
	confidence: pct => `확신 ${pct}%`, noCards: '이 감정의 카드는 아직 없습니다.',
	codeTitle: '코드로 똑같이', codeText: '이 페이지가 하는 일은 모두 공개 API입니다. 그대로 복사해 써 보세요.',
	codeLabel: '예제 고르기', copy: '복사', copied: '복사했습니다', openapi: 'OpenAPI 문서',
	requestId: id => `요청 번호 ${id}`,
	errNetwork: '서버에 닿지 못했습니다. 연결을 확인하고 다시 해 보세요.',
	errStatus: s => `서버가 알 수 없는 답을 보냈습니다 (${s}).`,
	errRetry: s => `${s}초 뒤에 다시 해 주세요.`,
	errSubscribe: '실시간 구독이 거절되어 상태를 주기적으로 확인합니다.',
	errAnalysis: '분석이 중단되었습니다. 잠시 뒤 다시 해 주세요.',
	analysisFaults: {
		NO_REVIEWS: '이 제품에는 아직 리뷰가 없습니다. 리뷰를 붙여 넣거나 파일을 올린 뒤 다시 분석해 주세요.',
		NO_ANSWER: '분석기가 제때 답하지 않았습니다. 잠시 뒤 다시 해 주세요.',
		TOO_LARGE: '결과가 너무 커서 보내지 못했습니다.',
		INTERNAL_ERROR: '서버가 리뷰를 읽지 못했습니다. 잠시 뒤 다시 해 주세요.',
		UNKNOWN: '분석하지 못했고, 까닭은 전해지지 않았습니다.',
	},
	noKeywords: '여러 리뷰에 함께 나온 말이 없습니다. 리뷰가 더 모이면 보입니다.', apiGuide: 'API 문서',
	announce: (pct, text) => `${pct}%, ${text}`,
};

const EN = {
	title: 'Dure · Watch reviews turn into answers',
	skip: 'Skip to the content',
	languageLabel: 'Language',
	headline: 'Watch reviews turn into answers',
	lead: 'Upload the reviews of a product and press Analyse: progress and sentiment cards arrive live.',
	connecting: 'Connecting', online: 'Live', offline: 'Reconnecting',
	productTitle: 'Product',
	productLabel: 'Product id', productHint: 'e.g. movie-97747',
	productNote: 'Find a product held here, or type a new id to create one.',
	productList: 'Products',
	productNew: id => `New product “${id}”`,
	productNone: 'No products held yet. Type a new id.',
	reviews: n => `${num(n)} ${n === 1 ? 'review' : 'reviews'}`,
	reviewsTitle: 'Reviews',
	reviewsLabel: 'Paste reviews', reviewsHint: 'Paste reviews, one a line, or drop a file here.',
	choose: 'Choose a file', sample: 'Fill in a sample', upload: 'Upload', stop: 'Stop', remove: 'Remove the file',
	formats: 'Reads NDJSON, a JSON array, TSV or plain text.',
	uploading: (n, pct) => `Uploading, ${num(n)} so far · ${pct}%`,
	uploaded: n => `${num(n)} new ${n === 1 ? 'review' : 'reviews'} uploaded`,
	duplicates: n => `${num(n)} ${n === 1 ? 'duplicate' : 'duplicates'}`,
	rejected: n => `${num(n)} left out`,
	stopped: 'Upload stopped',
	waiting: s => `The server is busy. Going on in ${s} s`,
	lineReason: (line, reason) => `No. ${num(line)}: ${reason}`,
	andMore: n => `and ${num(n)} more`,
	badJson: 'not readable as JSON', badText: 'has no review text', badUnclosed: 'JSON that never ends',
	analyse: 'Analyse', analysing: 'Analysing…',
	analyseNote: 'Reviews not uploaded yet are uploaded first.',
	needProduct: 'Please enter a product id.',
	needReviews: 'There is nothing to upload. Paste reviews or choose a file.',
	emptyTitle: 'Nothing analysed yet',
	emptyText: 'Choose a product and its reviews, press Analyse, and the result appears here.',
	progressTitle: 'Progress', progressLabel: 'Progress of the analysis',
	pending: 'Waiting in line', processing: 'Reading reviews', completed: 'Analysis complete', failed: 'Analysis failed',
	saved: 'This is a saved result',
	eta: s => `about ${span(s)} left`,
	polling: 'Live connection lost; checking every 2 seconds',
	steps: (n, m) => `${num(n)} / ${num(m)}`,
	sentimentTitle: 'Positive share', gaugeLabel: pct => `${pct}% positive`, soFar: 'of the cards so far', whole: 'of all reviews',
	positive: 'Positive', neutral: 'Neutral', negative: 'Negative',
	summaryTitle: 'At a glance', totalReviews: 'Reviews read', duration: 'Time taken', elapsed: 'Elapsed', cardsSoFar: 'Cards so far', speed: 'Reviews a second', source: 'Source',
	fromCache: 'Saved result', updatedLabel: 'Analysed',
	seconds: s => span(s),
	keywordsTitle: 'Often mentioned', keywordTimes: (w, n) => `${w}, ${num(n)} times`,
	cardsTitle: 'Sentiment cards', cardsLabel: 'Cards that arrived', filterLabel: 'Filter cards', all: 'All', more: 'More cards',
	confidence: pct => `${pct}% sure`, noCards: 'No cards of this sentiment yet.',
	codeTitle: 'The same from your code', codeText: 'All this page does is public API. Copy, paste, go.',
	codeLabel: 'Choose an example', copy: 'Copy', copied: 'Copied', openapi: 'OpenAPI document',
	requestId: id => `request ${id}`,
	errNetwork: 'The server cannot be reached. Check the connection and try again.',
	errStatus: s => `The server sent an answer that makes no sense (${s}).`,
	errRetry: s => `Please try again in ${s} s.`,
	errSubscribe: 'The live subscription was refused; checking the status instead.',
	errAnalysis: 'The analysis was interrupted. Please try again in a moment.',
	analysisFaults: {
		NO_REVIEWS: 'This product has no reviews yet. Paste some or upload a file, then analyse again.',
		NO_ANSWER: 'The analyzer did not answer in time. Please try again in a moment.',
		TOO_LARGE: 'The result is too large to be sent.',
		INTERNAL_ERROR: 'The server could not read the reviews. Please try again in a moment.',
		UNKNOWN: 'The analysis failed, and nobody said why.',
	},
	noKeywords: 'No words come up in several reviews. They appear when there are more of them.', apiGuide: 'API guide',
	announce: (pct, text) => `${pct}%, ${text}`,
};

const DICTIONARIES = { ko: KO, en: EN };
const STORE_KEY = 'dure-language';
const listeners = [];
let current = initial();

function initial() {
	let kept = null;
	try {
		kept = localStorage.getItem(STORE_KEY);
	} catch { /* storage may be forbidden: the choice then lasts for this visit */ }
	return kept in DICTIONARIES ? kept : navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

/* Words of another page than the first, or other ones in their place. */
export function addWords(ko, en) {
	Object.assign(KO, ko);
	Object.assign(EN, en);
}

export const language = () => current;
export const words = () => DICTIONARIES[current];
export const onLanguage = fn => listeners.push(fn);

export function num(n, digits = 0) {
	return Number(n).toLocaleString(current, { maximumFractionDigits: digits });
}

/* A day; a day, without its year where that is this one, and the time of it. */
export const date = t => new Date(t).toLocaleDateString(current, { dateStyle: 'medium' });
export function dateTime(t) {
	const when = new Date(t), thisYear = when.getFullYear() === new Date().getFullYear();
	return when.toLocaleString(current, { year: thisYear ? undefined : 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
}

/* A length of time in seconds, as people say it. */
export function span(s) {
	if (s > 0 && s < 1)
		return `${Math.max(1, Math.round(s * 1000))} ms`;
	const rest = Math.round(s % 60);
	if (s < 60)
		return current === 'ko' ? `${num(s, s < 10 ? 1 : 0)}초` : `${num(s, s < 10 ? 1 : 0)} s`;
	return current === 'ko' ? `${Math.floor(s / 60)}분 ${rest}초` : `${Math.floor(s / 60)} min ${rest} s`;
}

export function setLanguage(lang) {
	current = lang;
	try {
		localStorage.setItem(STORE_KEY, lang);
	} catch { /* as above */ }
	translate();
}

/* Put the words of the current language into the markup, then let the code redraw what it owns. */
export function translate() {
	const set = (attr, put) => document.querySelectorAll(`[${attr}]`).forEach(el => put(el, words()[el.getAttribute(attr)]));
	document.documentElement.lang = current;
	document.title = words().title;
	set('data-i18n', (el, text) => { el.textContent = text; });
	set('data-i18n-label', (el, text) => el.setAttribute('aria-label', text));
	set('data-i18n-hint', (el, text) => el.setAttribute('placeholder', text));
	listeners.forEach(fn => fn());
}
