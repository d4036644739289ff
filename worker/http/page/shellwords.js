// shellwords.js -- the words that every page has: navigation, theme, logging in.
import { addWords } from './i18n.js';

addWords({
	navLabel: '주 메뉴', menuOpen: '메뉴 열기', menuClose: '메뉴 닫기',
	navAnalyse: '리뷰 분석', navLive: '라이브', navCurate: '취향', navSeller: '판매자', navAccount: '내 계정', navApi: 'API', navAdmin: '운영',
	themeAuto: '화면 밝기: 자동', themeLight: '화면 밝기: 밝게', themeDark: '화면 밝기: 어둡게',
	logIn: '로그인', logOut: '로그아웃', signUp: '회원가입', close: '닫기', myAccount: '내 계정과 주문',
	email: '이메일', password: '비밀번호', passwordAgain: '비밀번호 확인',
	passwordRule: '8자 이상, 대문자·소문자·숫자·특수문자를 하나 이상 넣어 주세요.',
	logInLead: '주문하고, 채팅하고, 알림을 받으려면 로그인하세요.', signUpLead: '이메일과 비밀번호만 있으면 됩니다.',
	noAccount: '계정이 없으신가요?', forgot: '비밀번호를 잊으셨나요?', haveAccount: '이미 계정이 있으신가요?',
	accountMenu: '계정 메뉴', fieldName: f => ({ email: '이메일', password: '비밀번호', confirmPassword: '비밀번호 확인', newPassword: '새 비밀번호' })[f] ?? f,
	roleName: role => ({ user: '구매자', seller: '판매자', moderator: '관리자', admin: '운영자' })[role] ?? role,
	footApi: 'API 안내', footDocs: 'API 문서', footHealth: '서버 상태',
}, {
	navLabel: 'Main', menuOpen: 'Open the menu', menuClose: 'Close the menu',
	navAnalyse: 'Analyse', navLive: 'Live', navCurate: 'Discover', navSeller: 'Seller', navAccount: 'Account', navApi: 'API', navAdmin: 'Admin',
	themeAuto: 'Theme: automatic', themeLight: 'Theme: light', themeDark: 'Theme: dark',
	logIn: 'Log in', logOut: 'Log out', signUp: 'Sign up', close: 'Close', myAccount: 'Account and orders',
	email: 'E-mail', password: 'Password', passwordAgain: 'Password again',
	passwordRule: 'At least 8 characters, with an upper-case and a lower-case letter, a digit and a special character.',
	logInLead: 'Log in to order, to chat and to be told what happens.', signUpLead: 'An e-mail address and a password are all it takes.',
	noAccount: 'No account yet?', forgot: 'Forgot your password?', haveAccount: 'Have an account?',
	accountMenu: 'account menu', fieldName: f => ({ email: 'E-mail', password: 'Password', confirmPassword: 'Password again', newPassword: 'New password' })[f] ?? f,
	roleName: role => ({ user: 'Buyer', seller: 'Seller', moderator: 'Moderator', admin: 'Staff' })[role] ?? role,
	footApi: 'API guide', footDocs: 'API documents', footHealth: 'Server status',
});
