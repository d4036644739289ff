#!/usr/bin/env t/lib/run
// 06-house-workflow.t -- .github/workflows: right by actionlint, every action pinned by a hash, its jobs in the promised order.
import { call, tool } from './lib/deploy.mjs';
import { files, read } from './lib/house.mjs';
import { deep, done, is, isnt, like, ok, skip, test } from './lib/tap.mjs';

const all = files().filter((f) => /^\.github\/workflows\//.test(f)), text = read('.github/workflows/dure.yml');
const uses = all.flatMap((f) => [...read(f).matchAll(/^ +(?:- )?uses: (.*)$/gm)].map((m) => m[1]));
ok(uses.length > 5, `${uses.length} uses of actions`);
deep(uses.filter((u) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(u)), [], 'are pinned by a hash, and say the version');
const byName = new Map(uses.map((u) => [u.split('@')[0], u]));
deep(uses.filter((u) => byName.get(u.split('@')[0]) !== u), [], 'each action by one hash');

const jobs = text.slice(text.indexOf('\njobs:\n')).split(/^ {2}(?=\w+:$)/m).slice(1).map((j) => [j.match(/^\w+/)[0], j]);
deep(jobs.map(([name, j]) => [name, j.match(/^ {4}needs: (.*)$/m)?.[1] ?? '']), [['test', ''], ['lint', 'test'], ['image', 'lint'], ['migrate', 'image'],
	['deploy', '[image, migrate]'], ['health', 'deploy']], 'test, lint, image, migrate, deploy, health');
const of = Object.fromEntries(jobs);
like(of.test, /run: \.ci\/run$/m, 'what runs here runs there');
deep([...of.image.matchAll(/^ +(type=\w+)(?:,event=(\w+))?/gm)].map((m) => m.slice(1).filter(Boolean).join(' ')),
	['type=ref branch', 'type=ref pr', 'type=semver', 'type=semver', 'type=sha'], 'the image is tagged by branch, request, version and commit');
ok(['cache-from:', 'sbom: true', 'provenance: mode=max', 'anchore/sbom-action', 'anchore/scan-action', 'linux/amd64,linux/arm64'].every((s) => of.image.includes(s)),
	'has a cache, a list of its parts, its provenance, and is scanned, for both architectures');
like(of.migrate, /if: startsWith\(github\.ref, 'refs\/tags\/v'\)/, 'only a version is deployed');
ok(!/run:[^\n]*\$\{\{/.test(text) && !/run: \|\n(?: {10,}.*\n)*? {10,}.*\$\{\{/.test(text), 'no value is put into a script as text');

const { path: actionlint, why } = tool('actionlint');
if (!actionlint) skip(why, 'actionlint');
else await test('actionlint', () => {
	const lint = (input) => call(actionlint, ['-no-color', '-shellcheck=', '-pyflakes=', '-stdin-filename', '.github/workflows/dure.yml', '-'], { input });
	deep(lint(text), { code: 0, stdout: '', stderr: '' }, 'finds nothing');
	isnt(lint(text.replace('needs: image', 'needs: images')).code, 0, 'and would find a job that there is not');
});
await done();
