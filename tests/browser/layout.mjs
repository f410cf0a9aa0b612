// SPDX-License-Identifier: GPL-3.0-or-later
// What can be seen to be wrong with a page: functions that run in it and return lists of complaints.

/** Figures without a drawing that is seen, or with two. */
export function unseenFigures() {
    return [...document.querySelectorAll('figure')].flatMap(figure => {
        const seen = [...figure.querySelectorAll('svg')].filter(svg => {
            const box = svg.getBoundingClientRect();
            return box.width > 100 && box.height > 20;
        });
        return seen.length === 1 ? [] : [`${figure.id}: ${seen.length} drawings are seen`];
    });
}

/**
 * Texts in a drawing that overlap, or stand outside of it. The box of a text is as high as its font allows
 * for accents; the letters themselves take the middle of it.
 */
export function badTexts() {
    const bad = [];
    for (const svg of document.querySelectorAll('figure svg')) {
        const frame = svg.getBoundingClientRect();
        if (frame.width === 0) continue;
        const name = svg.closest('figure').id;
        const texts = [...svg.querySelectorAll('text')].map(node => {
            const box = node.getBoundingClientRect(), turned = node.hasAttribute('transform');
            const x = turned ? box.width / 5 : 1, y = turned ? 1 : box.height / 5;
            return { text: node.textContent, left: box.left + x, right: box.right - x,
                top: box.top + y, bottom: box.bottom - y };
        });
        for (const a of texts) {
            if (a.right <= a.left || a.bottom <= a.top) bad.push(`${name}: "${a.text}" has no size`);
            if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 ||
                a.bottom > frame.bottom + 1) bad.push(`${name}: "${a.text}" is outside`);
        }
        texts.sort((a, b) => a.top - b.top);
        texts.forEach((a, i) => {
            for (let k = i + 1; k < texts.length && texts[k].top < a.bottom; k++)
                if (texts[k].left < a.right && a.left < texts[k].right)
                    bad.push(`${name}: "${a.text}" and "${texts[k].text}" overlap`);
        });
    }
    return bad;
}

/** Elements that reach beyond the page, or hide some of their text; but for what scrolls or is only heard. */
export function tooWide(width) {
    const bad = [];
    for (const node of document.body.querySelectorAll('*')) {
        if (node.closest('.spoken, .skip, svg, script') || node.parentElement.closest('.scroll'))
            continue;
        const box = node.getBoundingClientRect(), style = getComputedStyle(node);
        const name = `${node.tagName.toLowerCase()}.${node.className} "${node.textContent.slice(0, 40)}"`;
        if (box.width > 0 && (box.right > width + 1 || box.left < -1))
            bad.push(`${name} reaches from ${box.left} to ${box.right} of ${width}`);
        if (style.overflowX === 'hidden' && node.scrollWidth > node.clientWidth + 1)
            bad.push(`${name} is clipped`);
    }
    return bad;
}

/** Tables that would not fit on paper, `upright` or across. */
export function cutOnPaper(upright, across) {
    return [...document.querySelectorAll('.table')].flatMap(table => {
        const room = table.classList.contains('broad') ? across : upright;
        table.style.width = `${room}px`;
        const width = table.querySelector('table').getBoundingClientRect().width;
        table.style.width = '';
        return width <= room + 1 ? [] : [`${table.id} is ${Math.round(width)} of ${room} wide`];
    });
}

/**
 * Text with too little contrast to what is behind it (WCAG 2.2, 1.4.3): 4.5, or 3 for large text. Behind it is the
 * nearest ground of its parents; what lies over it from elsewhere is not looked for.
 */
export function faintTexts() {
    const parse = colour => colour.match(/[\d.]+/g).map(Number);
    const light = colour => parse(colour).slice(0, 3).map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const grounds = new Map([[null, 'rgb(255, 255, 255)']]), faint = new Set();
    const groundOf = node => {
        if (!grounds.has(node)) {
            const own = getComputedStyle(node).backgroundColor;
            grounds.set(node, (parse(own)[3] ?? 1) === 0 ? groundOf(node.parentElement) : own);
        }
        return grounds.get(node);
    };
    for (const node of document.body.querySelectorAll('*')) {
        const says = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim() !== '');
        if (!says || node.matches('script, style, title, desc, option') || !node.checkVisibility()) continue;
        const style = getComputedStyle(node), drawn = node.closest('svg') !== null;
        const own = light(drawn ? style.fill : style.color), ground = light(groundOf(node));
        const contrast = (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05);
        const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 56 / 3 && style.fontWeight >= 700);
        if (contrast < (large && !drawn ? 3 : 4.5))
            faint.add(`${node.tagName} ${node.getAttribute('class')}: ${contrast.toFixed(2)}`);
    }
    return [...faint];
}

/** Links that lead nowhere, identifiers that stand twice, headings that skip a level. */
export function badStructure() {
    const bad = [], ids = new Set();
    for (const { id } of document.querySelectorAll('[id]')) {
        if (ids.has(id)) bad.push(`#${id} stands twice`);
        ids.add(id);
    }
    for (const link of document.querySelectorAll('a[href^="#"]'))
        if (!ids.has(decodeURIComponent(link.hash.slice(1)))) bad.push(`${link.hash} is nowhere`);
    let level = 0;
    for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
        const own = Number(heading.tagName[1]);
        if (own > level + 1) bad.push(`${heading.tagName} after level ${level}`);
        level = own;
    }
    return bad;
}
