// SPDX-License-Identifier: GPL-3.0-or-later
// What a pointer must read off curves, from the data in the page; by another way than the page's script.

function readings(data, x) {
    return data.curves.map(curve => {
        const end = Math.min(curve.until[0] ?? Infinity, curve.x.at(-1) ?? -Infinity);
        if (x > end || (!curve.step && x < curve.x[0])) return '\u2013';
        const before = curve.x.filter(at => at <= x).length - 1;
        const from = curve.x.findIndex(at => at >= x);
        const part = curve.step || before === from ? 0
            : (x - curve.x[before]) / (curve.x[from] - curve.x[before]);
        const value = column => before < 0 ? curve.start[0]
            : part === 0 ? column[before] : (1 - part) * column[before] + part * column[from];
        const scale = data.percent ? 100 : 1, unit = data.percent ? '%' : '';
        const read = number => (scale * number).toFixed(data.percent ? 1 : 3).replace('-', '\u2212');
        if (before >= 0 && curve.y[before] === null) return '\u2013';
        let text = read(value(curve.y)) + unit;
        const low = curve.low && value(curve.low), high = curve.high && value(curve.high);
        if (low !== null && high !== null)
            text += ` (${read(low)}${low < 0 || high < 0 ? ' to ' : '\u2013'}${read(high)})`;
        const left = curve.at_risk && curve.at_risk[from];
        if (left !== null)
            text += `, ${Math.abs(left - Math.round(left)) < 1e-6 ? left.toFixed(0) : left.toFixed(1)} at risk`;
        return text;
    });
}

/** Moves over the figure, and along its slider; returns complaints. */
export async function read(page, id) {
    const figure = await page.$(`#${id}`);
    await figure.evaluate(node => node.scrollIntoView({ block: 'center' }));
    const state = () => figure.evaluate(node => ({
        data: JSON.parse(node.querySelector('script.curves').textContent),
        at: node.querySelector('.reading .at').textContent,
        slider: Number(node.querySelector('.reading input').value),
        values: [...node.querySelectorAll('.reading .value')].map(cell => cell.textContent),
        dots: [...node.querySelectorAll('.cursor.shown circle')].length,
    }));
    const place = await figure.evaluate(node => {
        const svg = [...node.querySelectorAll('svg')].find(each => each.clientWidth > 0);
        const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
        const [left, right, bottom, top] = svg.dataset.frame.split(' ').map(Number);
        const [from, to] = svg.dataset.axes.split(' ').map(Number);
        return { left: box.left + left * scale, right: box.left + right * scale, from, to,
            y: box.top + (bottom + top) / 2 * scale };
    });
    const bad = [], before = await state();
    const hold = now => {
        const wanted = readings(now.data, now.slider);
        if (JSON.stringify(now.values) !== JSON.stringify(wanted))
            bad.push(`${id} at ${now.slider}: ${now.values} is not ${wanted}`);
        if (!now.at.startsWith(now.data.x) || Number(now.at.split(': ').at(-1)) !== now.slider)
            bad.push(`${id}: "${now.at}" is not ${now.data.x}: ${now.slider}`);
    };
    for (const part of [0.02, 0.35, 0.71, 0.999]) {
        await page.mouse.move(place.left + part * (place.right - place.left), place.y);
        const now = await state(), x = place.from + part * (place.to - place.from);
        hold(now);
        if (Math.abs(now.slider - x) > (place.to - place.from) / 100)
            bad.push(`${id}: ${now.slider} is read at ${x}`);
    }
    const pointed = await state();
    if (pointed.at === before.at || pointed.dots === 0) bad.push(`${id}: the pointer reads nothing`);
    await (await figure.$('.reading input')).focus();
    await page.keyboard.press('ArrowLeft');
    const moved = await state();
    if (!(moved.slider < pointed.slider)) bad.push(`${id}: the arrow key does not move the slider`);
    hold(moved);
    await page.waitForFunction(name => document.querySelector(`#${name} .spoken`).textContent !== '',
        { timeout: 2000 }, id).catch(() => bad.push(`${id}: nothing is spoken`));
    return bad;
}
