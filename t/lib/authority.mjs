// authority.mjs -- certificate authorities of a test's own: const ca = newAuthority(dir, 'name'); ca.pem; ca.issue('server', 'DNS:localhost') -> { cert, key }.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// All are files in `dir`, in PEM; `names` as OpenSSL's subjectAltName has them.
export function newAuthority(dir, name) {
	const at = (file) => path.join(dir, `${name}.${file}`), openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
	openssl('req', '-x509', ...curve, '-subj', `/CN=${name}`, '-days', '2', '-keyout', at('key'), '-out', at('pem'));
	return {
		pem: at('pem'),
		issue(subject, names) {
			const made = { cert: at(`${subject}.pem`), key: at(`${subject}.key`) };
			fs.writeFileSync(at('names'), `subjectAltName=${names}\n`);
			openssl('req', ...curve, '-subj', `/CN=${subject}`, '-keyout', made.key, '-out', at('csr'));
			openssl('x509', '-req', '-in', at('csr'), '-CA', at('pem'), '-CAkey', at('key'), '-CAcreateserial', '-days', '2', '-extfile', at('names'), '-out', made.cert);
			return made;
		},
	};
}
