// SPDX-License-Identifier: GPL-3.0-or-later
// The report in a browser: node check.mjs PROGRAM. The last line counts what holds and what does not.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { demo, fourArms, launch, run, save, workplace } from './browser.mjs';
import * as curves from './curves.mjs';
import * as layout from './layout.mjs';
import * as numbers from './numbers.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const MM = 96 / 25.4, PAPER = { upright: 180 * MM, across: 267 * MM }; // A4 without margins of 15 mm
const VIEWS = [
    { name: '360 wide', width: 360, scheme: 'light' },
    { name: '360 wide, dark', width: 360, scheme: 'dark' },
    { name: '1280 wide', width: 1280, scheme: 'light' },
    { name: '1280 wide, dark', width: 1280, scheme: 'dark' },
    { name: 'print', width: Math.floor(PAPER.upright), media: 'print' },
];

let passed = 0, failed = 0;
function holds(name, complaints) {
    if (complaints.length === 0) {
        passed++;
        return;
    }
    failed++;
    console.log(`FAILED: ${name}`);
    for (const complaint of complaints.slice(0, 12)) console.log(`    ${complaint}`);
    if (complaints.length > 12) console.log(`    and ${complaints.length - 12} more`);
}

/** A page of that view, and what it complains of while it is open. */
async function open(browser, url, view) {
    const page = await browser.newPage(), trouble = [];
    page.on('console', message => trouble.push(`console: ${message.text()}`));
    page.on('pageerror', error => trouble.push(`error: ${error.message}`));
    await page.setRequestInterception(true);
    page.on('request', request => {
        if (request.url() !== url) trouble.push(`request: ${request.url()}`);
        request.url() === url ? request.continue() : request.abort();
    });
    await page.setBypassCSP(false);
    if (view.media) await page.emulateMediaType(view.media); // each takes back what the other says
    else await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: view.scheme }]);
    await page.setViewport({ width: view.width, height: 900 });
    await page.goto(url, { waitUntil: 'load' });
    return { page, trouble };
}

/**
 * axe needs to be put into the page from outside; what it finds of weight. It is spared what is in drawings, each an
 * image with a name to who does not see it, and contrast, which `layout.faintTexts` judges. Of the rest one rule
 * alone looks at colours. The page is not whole afterwards.
 */
async function inaccessible(page, scheme) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(coloursOnly => {
        for (const node of document.querySelectorAll('svg > :not(title, desc)')) node.remove();
        const rules = coloursOnly ? { runOnly: ['link-in-text-block'] }
            : { rules: { 'color-contrast': { enabled: false } } };
        return window.axe.run(document, { resultTypes: ['violations'], ...rules });
    }, scheme === 'dark');
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target} ${node.html.slice(0, 90)}`));
}

async function checkView(browser, url, report, view) {
    const { page, trouble } = await open(browser, url, view);
    const say = what => `${report}, ${view.name}: ${what}`;
    const figures = await page.$$eval('figure', all => all.length);
    holds(say('there are figures'), figures > 0 ? [] : ['none']);
    holds(say('every figure is seen once'), await page.evaluate(layout.unseenFigures));
    holds(say('text of figures stands by itself and inside'), await page.evaluate(layout.badTexts));
    holds(say('text has contrast'), await page.evaluate(layout.faintTexts));
    holds(say('nothing is wider than the page or clipped'),
        await page.evaluate(layout.tooWide, view.media === 'print' ? Infinity : view.width));
    holds(say('links, identifiers and headings'), await page.evaluate(layout.badStructure));
    if (view.media === 'print')
        holds(say('tables fit on the paper'),
            await page.evaluate(layout.cutOnPaper, PAPER.upright, PAPER.across));
    else
        holds(say('axe finds nothing serious'), await inaccessible(page, view.scheme));
    holds(say('no error and no request'), trouble);
    await page.close();
}

/** The pointer on each plot whose curves can be read. */
async function checkCurves(browser, url, report, view) {
    const { page, trouble } = await open(browser, url, view);
    const plots = await page.$$eval('figure:has(script.curves)', all => all.map(each => each.id));
    const read = await page.$$eval('figure:has(.reading)', all => all.map(each => each.id));
    holds(`${report}, ${view.name}: there are curves`, read.length > 0 ? [] : ['none']);
    holds(`${report}, ${view.name}: all curves can be read`,
        plots.filter(id => !read.includes(id)).map(id => `${id} has no axes`));
    for (const id of read)
        holds(`${report}, ${view.name}: ${id} is read off`, await curves.read(page, id));
    holds(`${report}, ${view.name}: no error while reading`, trouble);
    await page.close();
}

async function checkNumbers(browser, url, report, { facts, series }) {
    const { page } = await open(browser, url, VIEWS[2]);
    const shown = await page.evaluate(numbers.shownNumbers), found = numbers.compare(shown, facts);
    console.log(`${report}: ${found.compared} cells and texts compared with ${facts.length} facts`);
    holds(`${report}: there are numbers`, found.compared > 0 ? [] : ['none']);
    holds(`${report}: cells of tables are their facts, rounded`, found.cells);
    holds(`${report}: texts of figures are their facts, rounded`, found.drawn);
    holds(`${report}: no cell has a number that is no fact`, found.unmarked);
    holds(`${report}: numbers in prose, notes and words of figures are facts`, found.free);
    holds(`${report}: curves of survival are series of the results`,
        shown.curves.length > 0 ? numbers.strangeCurves(shown.curves, series) : ['no curves']);
    await page.close();
}

async function checkPaper(browser, url, report) {
    const { page, trouble } = await open(browser, url, VIEWS[4]);
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true });
    holds(`${report}: prints`, pdf.length > 10000 && trouble.length === 0 ? [] : ['nothing', ...trouble]);
    await page.close();
}

const program = process.argv[2], folder = workplace(), browser = await launch();
for (const [report, options] of [['demo', demo], ['four arms', fourArms(folder)]]) {
    const url = save(folder, `${report}.html`, run(program, ...options, '--format', 'html'));
    const results = JSON.parse(run(program, ...options, '--format', 'json'));
    for (const view of VIEWS) await checkView(browser, url, report, view);
    for (const view of [VIEWS[0], VIEWS[2]]) await checkCurves(browser, url, report, view);
    await checkNumbers(browser, url, report, results);
    await checkPaper(browser, url, report);
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
