// docswords.js -- the words of the page of documents.
import { addWords, num } from './i18n.js';

addWords({
	title: '두레 · API 문서', docsHead: 'API 문서', docsLead: '이 서버의 경로와 이벤트입니다. 찾아서 바로 써 보세요.', docsShort: '짧은 안내',
	docsTabs: '문서', docsRest: 'REST', docsEvents: '소켓과 토픽',
	docsNobody: '로그인하지 않은 채로 보냅니다. 위에서 로그인하면 그 토큰을 씁니다.', docsAs: email => `${email}의 토큰으로 보냅니다.`,
	docsNoViewer: '뷰어가 설치되어 있지 않습니다. 빌드할 때 npm이 없었습니다: make vendor. 짧은 안내와 OpenAPI 문서는 그대로 볼 수 있습니다.',
	eventFind: '이벤트 찾기', eventHint: '이름이나 설명으로 찾기', eventGroups: '묶음', eventNone: '찾는 말이 든 이벤트가 없습니다.',
	eventFound: (n, all) => n === all ? `이벤트와 토픽 ${num(all)}개` : `이벤트와 토픽 ${num(all)}개 가운데 ${num(n)}개`,
	topics: 'Kafka 토픽', fromClient: '보냄', fromServer: '받음', read: '읽음', written: '씀', both: '읽고 씀',
	who: who => `보낼 수 있는 사람: ${who}`, to: to => `받는 곳: ${to}`, room: room => `방: ${room}`, alias: a => `다른 이름: ${a}`, key: k => `키: ${k}`,
	payload: '내용', ack: '확인 응답', noPayload: '없음', use: '쓰는 법', name: '이름', kind: '형식', required: '필수', listOf: kind => `${kind} 목록`, anyValue: '아무 값',
	orElse: '또는', object: '객체',
}, {
	title: 'Dure · API documents', docsHead: 'API documents', docsLead: 'The routes and events of this server. Find them, try them.', docsShort: 'Short guide',
	docsTabs: 'Documents', docsRest: 'REST', docsEvents: 'Sockets and topics',
	docsNobody: 'Sent without logging in. Log in above, and its token is used.', docsAs: email => `Sent with the token of ${email}.`,
	docsNoViewer: 'The viewer is not installed: there was no npm when Dure was built (make vendor). The short guide and the OpenAPI document are there all the same.',
	eventFind: 'Find an event', eventHint: 'Find by name or description', eventGroups: 'Groups', eventNone: 'No event has these words.',
	eventFound: (n, all) => n === all ? `${num(all)} events and topics` : `${num(n)} of ${num(all)} events and topics`,
	topics: 'Kafka topics', fromClient: 'emit', fromServer: 'on', read: 'read', written: 'written', both: 'both ways',
	who: who => `Who may: ${who}`, to: to => `To: ${to}`, room: room => `Room: ${room}`, alias: a => `Also as ${a}`, key: k => `Key: ${k}`,
	payload: 'Payload', ack: 'Acknowledgement', noPayload: 'None', use: 'Usage', name: 'Name', kind: 'Type', required: 'required', listOf: kind => `list of ${kind}`, anyValue: 'any value',
	orElse: 'or', object: 'object',
});
