// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the numbers of a page are the facts of the same run, rounded. Cells say which facts they show.

const NUMBER = /NR|NE|[<>]?-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

function tokens(text) {
    return text.replaceAll('\u2212', '-').replaceAll('\u2013', ' ').match(NUMBER) ?? [];
}

/** Whether `shown` is the number, rounded to the decimals that are shown. */
function rounds(shown, number) {
    if (shown.startsWith('<')) return number < Number(shown.slice(1));
    if (shown.startsWith('>')) return number > Number(shown.slice(1));
    const [mantissa, exponent] = shown.split('e');
    const decimals = (mantissa.split('.')[1] ?? '').length - Number(exponent ?? 0);
    const half = 0.5 * 10 ** -decimals;
    return Math.abs(Number(shown) - number) <= half * (1 + 1e-9);
}

/** A fraction may read as a percent. */
function shows(shown, number, percent) {
    return rounds(shown, number) || (percent && rounds(shown, 100 * number));
}

/** What is expected in a cell of these values: one null for all, or for both limits, is written once. */
function expected(values) {
    if (values.every(value => value === null)) return [null];
    if (values.length === 3 && values[1] === null && values[2] === null) return values.slice(0, 2);
    return values;
}

function complaint(text, values) {
    if (values.length === 1 && typeof values[0] === 'string')
        return text === values[0] ? null : `"${text}" is not "${values[0]}"`;
    const wanted = expected(values), all = tokens(text), shown = all.slice(-wanted.length);
    const right = shown.length === wanted.length && wanted.every((value, i) => value === null
        ? shown[i] === 'NR' || shown[i] === 'NE'
        : shows(shown[i], value, text.includes('%')));
    return right ? null : `"${text}" is not ${values.join(', ')}`;
}

/** Curves of survival that no series of the results has; the page holds nine digits of each number. */
export function strangeCurves(curves, series) {
    const key = column => column.map(x => x === null ? x : Number(x.toPrecision(9))).join();
    const known = new Set(series.filter(({ columns }) => columns.time && columns.estimate)
        .map(({ columns }) => `${key(columns.time)};${key(columns.estimate)}`));
    return curves.filter(({ x, y }) => !known.has(`${key(x)};${key(y)}`))
        .map(({ figure, label }) => `${figure}: "${label}" is no series`);
}

/** What a page shows, taken from it in the browser. */
export function shownNumbers() {
    const text = node => node.textContent.replace(/\s+/g, ' ').trim();
    return {
        cells: [...document.querySelectorAll('td[data-fact]')].map(node =>
            ({ text: text(node), facts: node.dataset.fact })),
        unmarked: [...document.querySelectorAll('td:not([data-fact])')].map(text),
        drawn: [...document.querySelectorAll('svg text')].map(node =>
            ({ text: text(node), facts: node.dataset.fact ?? null,
                figure: node.closest('figure').id })),
        curves: [...document.querySelectorAll('figure[id^=km] script.curves')].flatMap(script =>
            JSON.parse(script.textContent).curves.map(({ label, x, y }) =>
                ({ figure: script.closest('figure').id, label, x, y }))),
        told: [...document.querySelectorAll('main p:not(.spoken)')].map(text),
    };
}

function check(items, facts) {
    return items.map(({ text, facts: marks }) => {
        const values = marks.split(',').map(index => facts[Number(index)]?.value);
        return values.includes(undefined) ? `"${text}" names no fact` : complaint(text, values);
    }).filter(Boolean);
}

/** Complaints, and how many numbers were compared, of the page and the facts of the same run. */
export function compare(shown, facts) {
    const drawn = shown.drawn.filter(({ facts: marks }) => marks !== null);
    const numbers = facts.map(fact => fact.value).filter(value => typeof value === 'number');
    const isSomeFact = token => numbers.some(number => shows(token, number, true));
    const free = shown.drawn.filter(({ facts: marks, text }) => marks === null && /[a-z]/i.test(text))
        .flatMap(({ text }) => tokens(text).filter(token => token.includes('.'))
            .map(token => ({ text, token })))
        .concat(shown.told.flatMap(text => tokens(text).map(token => ({ text, token }))));
    return {
        compared: shown.cells.length + drawn.length + free.length,
        cells: check(shown.cells, facts),
        drawn: check(drawn, facts),
        unmarked: shown.unmarked.filter(text => /^[<>\u2212]?\d/.test(text)),
        free: free.filter(({ token }) => /\d/.test(token) && !isSomeFact(token))
            .map(({ text, token }) => `${token} of "${text}" is no fact`),
    };
}
