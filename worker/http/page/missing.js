// missing.js -- the page that a browser gets for an address where there is none.
import { $ } from './dom.js';
import { addWords, translate } from './i18n.js';
import { resume } from './login.js';
import { initShell } from './shell.js';

addWords({
	title: '두레 · 없는 주소', missingHead: '이 주소에는 아무것도 없습니다',
	missingText: '주소가 바뀌었거나 잘못 적혔습니다. 여기에서 다시 시작해 보세요.',
}, {
	title: 'Dure · Not found', missingHead: 'There is nothing at this address',
	missingText: 'It has moved, or was mistyped. Start again from here.',
});

function readable(path) {
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}

initShell();
$('address').textContent = readable(location.pathname);
translate();
resume();
