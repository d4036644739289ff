// referencewords.js -- the words of the API's page, and the names of its groups.
import { addWords, num } from './i18n.js';

const GROUPS_KO = { analyze: '리뷰 분석', products: '제품과 리뷰', search: '검색', orders: '주문', payments: '결제', categories: '분류', streams: '라이브 방송',
	auth: '로그인과 세션', users: '사용자', 'api-keys': 'API 키', privacy: '개인 정보', notifications: '알림', watchlist: '관심 상품', kafka: 'Kafka로 요청',
	websocket: '소켓 관리', settings: '설정', logs: '로그', health: '상태', metrics: '지표', 'openapi.json': '문서' };
const GROUPS_EN = { analyze: 'Analysis', products: 'Products and reviews', search: 'Search', orders: 'Orders', payments: 'Payments', categories: 'Categories',
	streams: 'Live streams', auth: 'Log-in and sessions', users: 'Users', 'api-keys': 'API keys', privacy: 'Privacy', notifications: 'Notifications',
	watchlist: 'Watch list', kafka: 'Requests over Kafka', websocket: 'Socket administration', settings: 'Settings', logs: 'Logs', health: 'Health', metrics: 'Metrics', 'openapi.json': 'Document' };
/* What people come for, first. */
export const GROUP_ORDER = Object.keys(GROUPS_KO);

addWords({
	title: '두레 · API', apiHead: 'API', apiLead: '이 페이지들이 하는 일은 모두 공개 API입니다. 여기에서 찾고, 복사하고, 바로 불러 보세요.',
	basicsLabel: '먼저 알아 둘 것', basicsAuth: '누구인지', basicsAuthText: '로그인해서 받은 토큰이나 API 키를 머리글에 넣습니다. 없어도 되는 경로가 많습니다.',
	basicsFault: '실패하면', basicsFaultText: '모든 실패는 같은 모양입니다. Accept-Language가 문장의 말을 정하고, code는 그대로입니다.',
	basicsLive: '실시간', basicsLiveText: 'Socket.IO 클라이언트로 진행 상황과 카드, 채팅, 알림을 받습니다.',
	findLabel: '경로 찾기', findHint: '경로나 설명으로 찾기', findNone: '찾는 말이 든 경로가 없습니다.', groupsLabel: '묶음',
	found: (n, all) => n === all ? `경로 ${num(all)}개` : `경로 ${num(all)}개 가운데 ${num(n)}개`,
	group: g => GROUPS_KO[g] ?? g,
	needsUser: '로그인 필요', mayUser: '로그인은 선택', needsSession: '로그인 세션 필요', forAll: '누구나',
	paramsTitle: '매개변수', bodyTitle: '요청 본문', answerTitle: '응답 예', curlTitle: 'curl', tryTitle: '바로 불러 보기',
	name: '이름', where: '자리', kind: '형식', required: '필수', in: p => ({ path: '경로', query: '질의', header: '머리글', body: '본문' })[p] ?? p,
	send: '보내기', sending: '보내는 중…', answered: (status, ms, n) => `${status} · ${num(ms)} ms · ${num(n)}바이트`, cut: '… (뒤는 줄였습니다)',
	tryAs: email => `${email} 이름으로 보냅니다.`, tryNobody: '로그인하지 않은 채로 보냅니다.', openRoute: '이 경로의 주소',
	listOf: kind => `${kind} 목록`, anyValue: '아무 값',
}, {
	title: 'Dure · API', apiHead: 'API', apiLead: 'All these pages do is public API. Find it, copy it, call it from here.',
	basicsLabel: 'Before you start', basicsAuth: 'Who you are', basicsAuthText: 'Send the token from logging in, or an API key, as a header. Many routes need neither.',
	basicsFault: 'When it fails', basicsFaultText: 'Every failure has one shape. Accept-Language chooses the language of the message; the code stays.',
	basicsLive: 'Live', basicsLiveText: 'Progress, cards, chat and notifications arrive at any Socket.IO client.',
	findLabel: 'Find a route', findHint: 'Find by path or description', findNone: 'No route has these words.', groupsLabel: 'Groups',
	found: (n, all) => n === all ? `${num(all)} routes` : `${num(n)} of ${num(all)} routes`,
	group: g => GROUPS_EN[g] ?? g,
	needsUser: 'Log-in needed', mayUser: 'Log-in optional', needsSession: 'Session needed', forAll: 'Open to all',
	paramsTitle: 'Parameters', bodyTitle: 'Request body', answerTitle: 'Example answer', curlTitle: 'curl', tryTitle: 'Try it',
	name: 'Name', where: 'In', kind: 'Type', required: 'required', in: p => p,
	send: 'Send', sending: 'Sending…', answered: (status, ms, n) => `${status} · ${num(ms)} ms · ${num(n)} bytes`, cut: '… (cut)',
	tryAs: email => `Sent as ${email}.`, tryNobody: 'Sent without logging in.', openRoute: 'Address of this route',
	listOf: kind => `list of ${kind}`, anyValue: 'any value',
});
