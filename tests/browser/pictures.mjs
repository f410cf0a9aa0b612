// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of the README: node pictures.mjs PROGRAM FOLDER. report.png is the top of the demo's report,
// km.png curves of it, those at a landmark, which are free of immortal time, where it has them.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { demo, launch, root, run, save, workplace } from './browser.mjs';

const [, , program, to] = process.argv, folder = resolve(root, to);
const WIDTH = 1200, HEIGHT = 1000;
const browser = await launch(), page = await browser.newPage();
mkdirSync(folder, { recursive: true });
await page.setViewport({ width: WIDTH, height: HEIGHT });
await page.goto(save(workplace(), 'report.html', run(program, ...demo, '--format', 'html')));
await page.screenshot({ path: join(folder, 'report.png') });

const plots = await page.$$eval('figure:has(script.curves)', all => all.map(each => each.id));
const best = plots.find(id => /^km-os-landmark.*matched/.test(id)) ??
    plots.find(id => id.startsWith('km')) ?? plots[0];
if (best === undefined) throw new Error('the report has no plot of curves');
await page.setViewport({ width: WIDTH, height: HEIGHT, deviceScaleFactor: 1.5 });
await page.addStyleTag({ content: '.reading { display: none } figure { padding: 1rem }' });
await (await page.$(`#${best}`)).screenshot({ path: join(folder, 'km.png') });
await browser.close();
