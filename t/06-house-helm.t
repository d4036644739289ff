#!/usr/bin/env t/lib/run
// 06-house-helm.t -- the chart etc/helm/dure: helm's own lint, its values' schema, and what it renders, valid by the schemas of Kubernetes.
import { binary } from './lib/dure.mjs';
import { call, tool } from './lib/deploy.mjs';
import { read } from './lib/house.mjs';
import { deep, done, is, isnt, like, ok, skip, skipAll, test } from './lib/tap.mjs';

const { path: helm, why } = tool('helm');
if (!helm)
	skipAll(why);
const env = { PATH: process.env.PATH, HOME: '/nonexistent' }, chart = 'etc/helm/dure';
const render = (...set) => call(helm, ['template', 'prod', chart, '--namespace', 'shop', '--kube-version', '1.30.0', ...set.flatMap((s) => ['--set', s])], { env });
const everything = ['autoscaling.enabled=true', 'serviceMonitor.enabled=true', 'ingress.enabled=true', 'image.tag=1.2.3', 'nodeSelector.disk=ssd', 'imagePullSecrets[0].name=pull',
	'tolerations[0].operator=Exists', 'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight=1',
	'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key=a',
	'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].operator=Exists'];

await test('helm', () => {
	const lint = call(helm, ['lint', '--strict', '--kube-version', '1.30.0', chart], { env });
	is(lint.code, 0, 'finds nothing in the chart', lint.stdout + lint.stderr);
	for (const [set, what] of [['replicas=0', 'no pod at all'], ['replica=3', 'a value that there is not'], ['drain.graceSeconds=10', 'less time than a graceful stop takes'],
		['config.JWT_SECRET=x', 'a secret in the open'], ['image.digest=latest', 'a digest that is none']])
		isnt(render(set).code, 0, `refuses ${what}`);
});

const { path: manifests, why: whyNot } = tool('manifests');
if (!manifests) skip(whyNot, 'the schemas of Kubernetes');
else await test('the schemas of Kubernetes', () => {
	const kinds = (r) => r.stdout.trim().split('\n').map((l) => l.split(' ')[0]).sort();
	const check = (text) => call(manifests, [], { input: text });
	const least = check(render('migration.enabled=false', 'networkPolicy.enabled=false', 'disruptionBudget.enabled=false').stdout);
	deep([least.code, least.stderr, kinds(least)], [0, '', ['Deployment', 'Service']], 'the least of it is valid');
	const all = render(...everything).stdout, most = check(all);
	deep([most.code, most.stderr, kinds(most)], [0, '', ['Deployment', 'HorizontalPodAutoscaler', 'Ingress', 'Job', 'NetworkPolicy', 'PodDisruptionBudget', 'Service', 'ServiceMonitor']],
		'all of it is valid');
	for (const [from, to] of [['terminationGracePeriodSeconds: 60', 'terminationGracePeriodSeconds: soon'], ['maxSurge', 'maxSurges'], ['credentials:', 'credential:']])
		isnt(check(all.replace(from, to)).code, 0, `${to} would be found`);
});

await test('what it renders', () => {
	const all = render(...everything).stdout, of = (kind) => all.split(/^---$/m).find((d) => d.includes(`\nkind: ${kind}\n`)) ?? '';
	const server = of('Deployment'), job = of('Job');
	like(server, /livenessProbe:\n +httpGet: \{ path: \/api\/v1\/health\/live, port: http \}\n +failureThreshold: 3\n +initialDelaySeconds: 30\n +periodSeconds: 10/, 'asks whether it lives');
	like(server, /readinessProbe:\n +httpGet: \{ path: \/api\/v1\/health\/ready, port: http \}\n +failureThreshold: 3\n +initialDelaySeconds: 5\n +periodSeconds: 5/, 'and whether it is ready');
	const seconds = (re) => Number(server.match(re)?.[1]), stop = Number(read('etc/dure.conf').match(/^#SHUTDOWN_TIMEOUT_MS=(\d+)$/m)[1]) / 1000;
	ok(seconds(/terminationGracePeriodSeconds: (\d+)/) > seconds(/command: \[sleep, "(\d+)"\]/) + stop, 'has time to drain and to stop before it is killed');
	like(job, /helm\.sh\/hook: pre-install,pre-upgrade\n/, 'migrates before pods are replaced');
	for (const [name, pod] of Object.entries({ server, job })) {
		like(pod, /image: "registry\.example\.com\/dure:1\.2\.3"/, `${name}: of the same image`);
		like(pod, /secretRef: \{ name: "dure" \}/, `${name}: takes its secrets by the name of their Secret`);
		ok(['runAsNonRoot: true', 'readOnlyRootFilesystem: true', 'allowPrivilegeEscalation: false', 'drop: [ALL]', 'type: RuntimeDefault'].every((s) => pod.includes(s)), `${name}: may do little`);
	}
	ok(!/^kind: Secret$/m.test(all), 'holds no secret');
	like(of('HorizontalPodAutoscaler'), /metric: \{ name: ws_connections \}/, 'grows with the sockets');
	const metrics = call(binary, ['dump', 'metrics']).stdout, keys = read('etc/dure.conf');
	like(metrics, /^ws_connections /m, 'which is a metric');
	const settings = [...server.matchAll(/\{ name: ([A-Z_]+), value: /g)].map((m) => m[1]);
	deep([settings.length > 4, settings.filter((k) => !keys.includes(`\n#${k}=`))], [true, []], 'its settings are those of etc/dure.conf');
	like(render('image.digest=sha256:' + 'a'.repeat(64)).stdout, /image: "registry\.example\.com\/dure@sha256:a{64}"/, 'a digest wins over a tag');
});

await done();
