// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium, and reports of the sample data to open in it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

export const root = new URL('../../', import.meta.url).pathname;

/** A browser without a screen. CHROMIUM names one that stands elsewhere. */
export function launch() {
    const known = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser',
        '/usr/bin/google-chrome'];
    const executablePath = known.find(path => path && existsSync(path));
    if (!executablePath) throw new Error('no Chromium: apt-get install chromium');
    return puppeteer.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none'],
    });
}

/** What the program writes; `options` as on the command line. Exit status 3 is a report with warnings. */
export function run(program, ...options) {
    return execFileSync(program, [...options, '--quiet'],
        { cwd: root, maxBuffer: 1 << 28, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

export const demo = ['sample_data/cohort.csv', '--study', 'sample_data/nct07062484.yaml', '--ae',
    'sample_data/ae.csv', '--flow', '--table1', '--km', '--logrank', '--cox', '--rmst', '--psm',
    '--balance', '--landmark', '--ccw', '--response', '--toxicity', '--subgroups', '--ph',
    '--immortal', '--timedep', '--triangulation'];

/** A folder for files of this run, gone when it ends. */
export function workplace() {
    const folder = mkdtempSync(join(tmpdir(), 'rwe-browser-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

/** Four arms with long Chinese names, made from the sites of the sample; what ended follow-up as a cause. */
export function fourArms(folder) {
    const names = { S1: '诱导化疗联合免疫治疗', S2: '化疗、免疫治疗及局部放疗（多中心）',
        S3: 'Chemo-immunotherapy without radiotherapy', S4: '免疫治疗' };
    const [head, ...lines] = readFileSync(join(root, 'sample_data/cohort.csv'), 'utf8').trim().split('\n');
    const [site, event, progression] = ['siteid', 'pfs_event', 'pd_date']
        .map(name => head.split(',').indexOf(name));
    const rows = lines.map(line => line.split(',')).filter(cells => names[cells[site]]);
    for (const cells of rows) {
        cells.push(cells[event] === '0' ? 0 : cells[progression] ? 1 : 2);
        cells[site] = names[cells[site]];
    }
    const file = join(folder, 'four.csv');
    writeFileSync(file, [`${head},cause`, ...rows.map(cells => cells.join(','))].join('\n') + '\n');
    return [file, '--id', 'usubjid', '--arm', 'siteid', '--endpoint', 'os=os_mo,os_event',
        '--endpoint', '进展=pfs_mo,cause:1;2', '--time-unit', 'months', '--eligibility',
        '体能状态良好（评分不低于八十分）=kps >= 80', '--flow', '--km', '--logrank', '--table1', '--cuminc',
        '--cox', '--covariates', 'age,sex,kps'];
}

export function save(folder, name, html) {
    const file = join(folder, name);
    writeFileSync(file, html);
    return pathToFileURL(file).href;
}
