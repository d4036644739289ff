// adminwords.js -- the words of the admin page: its frame, the overview with its alerts, the columns of all tables.
import { addWords } from './i18n.js';

addWords({
	title: '두레 · 운영', titleOf: name => `${name} · 두레 운영`, gateTitle: '운영 화면', gateLead: '서버를 살피고 고치는 곳입니다.', adminsOnly: '운영자 계정으로 로그인해 주세요.',
	notAdmin: email => `${email ?? '이'} 계정은 운영자가 아닙니다. 이 화면은 운영자만 볼 수 있습니다.`, sectionsLabel: '운영 화면의 부분', refresh: '새로 고침', asOf: t => `${t} 기준`, cancel: '그만두기', save: '저장', find: '찾기', more: '더 보기',
	groups: { now: '지금', flow: '흐름', find: '기록', people: '사람', run: '운영' },
	notOffered: route => `이 서버에는 아직 이 기능이 없습니다 (${route}).`,
	daysHours: (d, h) => `${d}일 ${h}시간`, hoursMinutes: (h, m) => `${h}시간 ${m}분`,
	plots: { rate: '요청', errors: '서버 오류 (1분)', responseTime: '응답 시간', p95: '응답 시간 p95', connections: 'HTTP 연결', sockets: '소켓', deliveries: '전달', outbox: '아웃박스', lag: '컨슈머 랙', cpu: 'CPU (코어 대비)', memory: '메모리', hitRate: '캐시 적중률' },
	plotSaid: (min, low, high) => `최근 ${min}분: 최저 ${low}, 최고 ${high}`, plotNone: '아직 값이 없습니다',
	overview: { errors: '최근 오류', noErrors: '기록된 오류가 없습니다.', toLogs: '로그 보기', version: (v, env, up) => `Dure ${v} · ${env} · 가동 ${up}`, ofHost: h => `아래의 수치는 호스트 ${h}의 것입니다.`, noLive: why => `실시간 수치를 받지 못하고 있습니다: ${why}` },
	store: { names: { database: 'PostgreSQL', replica: 'PostgreSQL 복제본', redis: 'Redis', kafka: 'Kafka' }, up: '정상', down: '끊김', lag: n => `랙 ${n}` },
	alert: {
		title: n => `살펴볼 것 ${n}건`, none: '모두 정상입니다.', asking: '상태를 확인하고 있습니다…', see: name => `${name} 보기`, levels: { critical: '심각', warning: '주의' },
		noHealth: '서버의 상태를 알 수 없습니다. /api/v1/health가 답하지 않습니다.', database: why => `PostgreSQL에 연결할 수 없습니다. ${why}`, redis: why => `Redis에 연결할 수 없습니다. ${why}`,
		kafka: 'Kafka에 연결할 수 없습니다. 보낼 메시지는 아웃박스에 쌓입니다.', replica: '복제본에 연결할 수 없습니다. 읽기는 주 서버가 대신합니다.', quarantined: p => `${p} 프로세스가 거듭 죽어서 격리되었습니다.`,
		maintenance: '점검 중입니다. 사용자의 요청을 모두 거절하고 있습니다.', readOnly: '읽기 전용으로 운영하고 있습니다.', outbox: (age, n) => `아웃박스의 가장 오래된 메시지가 ${age}째 기다립니다 (모두 ${n}건).`,
		lag: n => `처리하지 못한 메시지가 ${n}건 밀려 있습니다.`, dead: '처리하지 못해 따로 둔 메시지(데드레터)가 있습니다.', slow: t => `응답 시간이 ${t}로 느립니다.`, errors: n => `최근 1분 동안 서버 오류(5xx)가 ${n}건 있었습니다.`,
		memory: (p, n) => `${p} 프로세스가 메모리를 ${n} 쓰고 있습니다.`, restarted: (p, n) => `${p} 프로세스가 ${n}번 다시 시작되었습니다.`, job: name => `예약 작업 ${name}이(가) 실패했습니다.`,
	},
	col: {
		actions: '동작', process: '프로세스', state: '상태', pid: 'PID', cpu: 'CPU', memory: '메모리', connections: '연결', loopLag: '루프 지연', restarts: '재시작', since: '시작', socket: '소켓', user: '사용자', namespaces: '네임스페이스',
		transport: '전송', host: '호스트', address: '주소', room: '방', sockets: '소켓', topic: '토픽', lag: '랙', partitions: '파티션', copies: '복제', error: '오류', key: '키', at: '시각', payload: '내용', day: '날짜',
		hitRate: '적중률', hits: '적중', misses: '실패', query: '쿼리', mean: '평균', max: '최대', calls: '호출', total: '합계', kind: '종류', times: '횟수', latest: '마지막 내용', route: '경로', status: '상태', lasted: '걸린 시간', spans: '구간 수', request: '요청 번호',
		span: '구간', begins: '시작', course: '경과', event: '사건', details: '자세히', email: '이메일', role: '역할', tier: '등급', lastLogin: '마지막 로그인', see: '함께 보기', name: '이름', ends: '끝자리', lastUsed: '마지막 사용',
		job: '작업', schedule: '일정', lastRun: '지난 실행', outcome: '결과', nextRun: '다음 실행',
	},
}, {
	title: 'Dure · Admin', titleOf: name => `${name} · Dure Admin`, gateTitle: 'Admin', gateLead: 'Where the servers are watched and mended.', adminsOnly: 'Please log in with an admin account.',
	notAdmin: email => `${email ?? 'This account'} is no admin account. This page is for admins only.`, sectionsLabel: 'Sections of the admin page', refresh: 'Refresh', asOf: t => `As of ${t}`, cancel: 'Cancel', save: 'Save', find: 'Find', more: 'More',
	groups: { now: 'Now', flow: 'Flow', find: 'Records', people: 'People', run: 'Operation' },
	notOffered: route => `This server does not offer this yet (${route}).`,
	daysHours: (d, h) => `${d} d ${h} h`, hoursMinutes: (h, m) => `${h} h ${m} min`,
	plots: { rate: 'Requests', errors: 'Server errors (1 min)', responseTime: 'Response time', p95: 'Response time p95', connections: 'HTTP connections', sockets: 'Sockets', deliveries: 'Deliveries', outbox: 'Outbox', lag: 'Consumer lag', cpu: 'CPU (of one core)', memory: 'Memory', hitRate: 'Cache hit rate' },
	plotSaid: (min, low, high) => `Last ${min} min: lowest ${low}, highest ${high}`, plotNone: 'No figures yet',
	overview: { errors: 'Latest errors', noErrors: 'No errors on record.', toLogs: 'See the log', version: (v, env, up) => `Dure ${v} · ${env} · up ${up}`, ofHost: h => `The figures below are those of the host ${h}.`, noLive: why => `Live figures do not arrive: ${why}` },
	store: { names: { database: 'PostgreSQL', replica: 'PostgreSQL replica', redis: 'Redis', kafka: 'Kafka' }, up: 'Up', down: 'Down', lag: n => `lag ${n}` },
	alert: {
		title: n => `Needs attention: ${n}`, none: 'All is well.', asking: 'Checking…', see: name => `See ${name}`, levels: { critical: 'Critical', warning: 'Warning' },
		noHealth: 'The state of the server is unknown: /api/v1/health does not answer.', database: why => `PostgreSQL cannot be reached. ${why}`, redis: why => `Redis cannot be reached. ${why}`,
		kafka: 'Kafka cannot be reached. Messages wait in the outbox.', replica: 'The replica cannot be reached. The primary answers in its place.', quarantined: p => `${p} died again and again and is quarantined.`,
		maintenance: 'Maintenance is on: all requests of users are refused.', readOnly: 'The service is read-only.', outbox: (age, n) => `The oldest message in the outbox has waited for ${age} (${n} in all).`,
		lag: n => `${n} messages wait to be handled.`, dead: 'There are dead letters: messages that could not be handled.', slow: t => `Responses are slow: ${t}.`, errors: n => `Server errors (5xx) in the last minute: ${n}.`,
		memory: (p, n) => `${p} uses ${n} of memory.`, restarted: (p, n) => `${p} was restarted (${n}×).`, job: name => `The job ${name} failed.`,
	},
	col: {
		actions: 'Actions', process: 'Process', state: 'State', pid: 'PID', cpu: 'CPU', memory: 'Memory', connections: 'Connections', loopLag: 'Loop lag', restarts: 'Restarts', since: 'Since', socket: 'Socket', user: 'User', namespaces: 'Namespaces',
		transport: 'Transport', host: 'Host', address: 'Address', room: 'Room', sockets: 'Sockets', topic: 'Topic', lag: 'Lag', partitions: 'Partitions', copies: 'Replicas', error: 'Error', key: 'Key', at: 'Time', payload: 'Payload', day: 'Day',
		hitRate: 'Hit rate', hits: 'Hits', misses: 'Misses', query: 'Query', mean: 'Mean', max: 'Max', calls: 'Calls', total: 'Total', kind: 'Kind', times: 'Count', latest: 'Latest', route: 'Route', status: 'Status', lasted: 'Duration', spans: 'Spans', request: 'Request',
		span: 'Span', begins: 'Start', course: 'Course', event: 'Event', details: 'Details', email: 'E-mail', role: 'Role', tier: 'Tier', lastLogin: 'Last login', see: 'See also', name: 'Name', ends: 'Ends in', lastUsed: 'Last used',
		job: 'Job', schedule: 'Schedule', lastRun: 'Last run', outcome: 'Outcome', nextRun: 'Next run',
	},
});
