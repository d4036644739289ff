// resetwords.js -- the words of the page for passwords by mail.
import { addWords } from './i18n.js';

addWords({
	title: '두레 · 비밀번호 재설정', newPassword: '새 비밀번호',
	resetHead: mode => mode === 'verify' ? '회원가입 완료' : '비밀번호 재설정',
	resetLead: mode => ({ ask: '가입한 이메일을 적어 주세요. 비밀번호를 다시 정하는 링크를 보내 드립니다.', reset: '새 비밀번호를 정해 주세요. 모든 기기에서 로그아웃됩니다.',
		verify: '아래 버튼을 누르면 회원가입이 완료됩니다.' })[mode],
	resetGo: mode => ({ ask: '메일 보내기', reset: '비밀번호 바꾸기', verify: '가입 완료하기' })[mode],
}, {
	title: 'Dure · Reset your password', newPassword: 'New password',
	resetHead: mode => mode === 'verify' ? 'Complete your registration' : 'Reset your password',
	resetLead: mode => ({ ask: 'Give the e-mail address of your account. A link to choose a new password will be sent to it.',
		reset: 'Choose a new password. You will be logged out everywhere.', verify: 'Press the button to complete your registration.' })[mode],
	resetGo: mode => ({ ask: 'Send the mail', reset: 'Change the password', verify: 'Complete' })[mode],
});
