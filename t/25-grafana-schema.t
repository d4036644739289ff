#!/usr/bin/env t/lib/run
// 25-grafana-schema.t -- the dashboard against Grafana's published types (@grafana/schema), by the TypeScript compiler.
//
// Grafana itself comes from none of the registries that the tests install from. Its types name every member of a dashboard and
// of a time series panel, so that an unknown member (but in `custom`), a missing one and a wrong value are found; that the
// queries read metrics that exist is checked elsewhere.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { atEnd, deep, done, ok } from './lib/tap.mjs';
import { read, root } from './lib/house.mjs';

const dir = mkdtempSync(join(tmpdir(), 'dure-grafana-'));
atEnd(() => rmSync(dir, { recursive: true }));
symlinkSync(join(root, 't/node_modules'), join(dir, 'node_modules'));

// An enum of the types takes the text that stands in JSON.
const types = `import type { Dashboard, Panel, RowPanel } from '@grafana/schema';
import type { Options, FieldConfig } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
type Plain<T> = T extends string ? \`\${T}\` : T extends (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
interface Query { refId: string; expr: string; legendFormat?: string; datasource: { type: 'prometheus'; uid: string } }
interface Series extends Omit<Panel<Options, FieldConfig>, 'options' | 'targets'> { type: 'timeseries'; options: Options; targets: Query[] }
`;

// What the compiler has to say of a dashboard.
function complaints({ panels, ...whole }) {
	const rows = panels.filter((p) => p.type === 'row'), series = panels.filter((p) => p.type !== 'row');
	const lines = series.map((p, i) => `export const panel${i}: Plain<Series> = ${JSON.stringify(p)};\n`);
	writeFileSync(join(dir, 'dashboard.ts'), `${types}export const whole: Plain<Omit<Dashboard, 'panels'>> = ${JSON.stringify(whole)};
export const rows: Plain<RowPanel>[] = ${JSON.stringify(rows)};\n${lines.join('')}`);
	const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext',
		'--moduleResolution', 'nodenext', 'dashboard.ts'], { cwd: dir, encoding: 'utf8' });
	const said = tsc.stdout.split('\n').filter((line) => line.startsWith('dashboard.ts'));
	return tsc.status !== 0 && said.length === 0 ? [tsc.stdout + tsc.stderr] : said;
}

const dashboard = () => JSON.parse(read('etc/grafana/dure.json'));
deep(complaints(dashboard()), [], "Grafana's types accept the dashboard");

const wrong = dashboard(), [first, second, third] = wrong.panels.filter((p) => p.type === 'timeseries');
first.fieldConfig.defaults.custom.drawStyle = 'scribble';
second.options.legend.displayMode = 'sideways';
delete third.targets[0].expr;
wrong.time.until = 'now';
const found = complaints(wrong);
for (const word of ['scribble', 'sideways', 'expr', 'until'])
	ok(found.some((line) => line.includes(word)), `They refuse a dashboard with a wrong ${word}`);

await done();
