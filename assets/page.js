/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page's script, which asks nothing of any network. Without it everything can be read; with it contents are open */
/* where there is room for them, only tables that scroll stop the tab key, and curves can be read off with a pointer */
/* or a slider. */

'use strict';
(() => {
const contents = document.querySelector('nav > details');
const wide = matchMedia('(min-width: 64rem)');
const settle = () => { if (contents) contents.open = wide.matches; };
wide.addEventListener('change', settle);
settle();
addEventListener('hashchange', () => { if (!wide.matches) settle(); });
const here = new IntersectionObserver(entries => {
  const seen = entries.find(entry => entry.isIntersecting);
  const link = seen && contents && contents.querySelector(`a[href='#${seen.target.id}']`);
  if (!link) return;
  for (const old of contents.querySelectorAll('[aria-current]'))
    old.removeAttribute('aria-current');
  link.setAttribute('aria-current', 'true');
}, { rootMargin: '0px 0px -70% 0px' });
document.querySelectorAll('h2[id], h3[id]').forEach(heading => here.observe(heading));

/* tables */
const scrollers = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth + 1;
    for (const [name, value] of Object.entries(
      { tabindex: 0, role: 'region', 'aria-labelledby': target.dataset.label }))
      scrolls ? target.setAttribute(name, value) : target.removeAttribute(name);
  }
});
for (const table of document.querySelectorAll('.scroll')) {
  table.dataset.label = table.getAttribute('aria-labelledby');
  scrollers.observe(table);
}

/* Of a curve at x: y and limits of the last point up to there, or between two points of a line. At risk */
/* is who is still followed at x: the number at the first point from there on. */
const valueAt = (curve, x) => {
  const xs = curve.x, n = xs.length;
  const end = curve.until[0] === null ? xs[n - 1] : Math.min(curve.until[0], xs[n - 1]);
  if (n === 0 || x > end || (!curve.step && x < xs[0])) return null;
  let after = 0, most = n;
  while (after < most) {
    const middle = (after + most) >> 1;
    if (xs[middle] <= x) after = middle + 1; else most = middle;
  }
  const i = after - 1, here = i >= 0 && xs[i] === x;
  const of = column => {
    if (!column || (i >= 0 && column[i] === null)) return null;
    if (i < 0) return curve.start[0];
    if (curve.step || here || column[after] === null) return column[i];
    const part = (x - xs[i]) / (xs[after] - xs[i]);
    return column[i] + part * (column[after] - column[i]);
  };
  const y = of(curve.y);
  const atRisk = curve.at_risk ? curve.at_risk[here ? i : after] : null;
  return y === null ? null : { y, low: of(curve.low), high: of(curve.high), atRisk };
};
const wholeOr1 = n => n.toFixed(Math.abs(n - Math.round(n)) < 1e-6 ? 0 : 1);
const words = (value, data) => {
  const percent = data.percent;
  if (value === null) return '\u2013';
  const digits = x => percent ? (100 * x).toFixed(1)
    : x.toFixed(3).replace('-', '\u2212');
  const unit = percent ? '%' : '', known = value.low !== null && value.high !== null;
  return digits(value.y) + unit +
    (known ? ` (${digits(value.low)}${value.low < 0 || value.high < 0 ? ' to ' :
      '\u2013'}${digits(value.high)})` : '') +
    (value.atRisk === null ? '' : `, ${wholeOr1(value.atRisk)} ${data.words.at_risk}`);
};

/* a plot and the cursor in it */
const make = (name, attributes, ...children) => {
  const svg = ['g', 'line', 'circle'].includes(name);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
const plotOf = (svg, curves) => {
  const [from, to, low, high] = svg.dataset.axes.split(' ').map(Number);
  const [left, right, bottom, top] = svg.dataset.frame.split(' ').map(Number);
  const line = make('line', { y1: top, y2: bottom });
  const dots = curves.map(c => make('circle', { r: 4, class: `f-g${c.group}` }));
  const cursor = make('g', { class: 'cursor' }, line, ...dots);
  const scale = (v, a, b, p, q) => p + (v - a) / (b - a) * (q - p);
  svg.append(cursor);
  return {
    svg, from, to,
    xAt: event => {
      const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
      const u = (event.clientX - box.left) / box.width * view.width;
      return scale(u, left, right, from, to);
    },
    show: (x, values) => {
      const u = scale(x, from, to, left, right);
      line.setAttribute('x1', u); line.setAttribute('x2', u);
      dots.forEach((dot, k) => {
        dot.setAttribute('visibility', values[k] ? 'visible' : 'hidden');
        dot.setAttribute('cx', u);
        if (values[k]) dot.setAttribute('cy', scale(values[k].y, low, high, bottom, top));
      });
      cursor.classList.add('shown');
    },
  };
};

/* what is read stands under the plot */
const reading = script => {
  const data = JSON.parse(script.textContent), figure = script.closest('figure');
  const drawings = [...figure.querySelectorAll('svg[data-frame]')];
  if (drawings.length === 0) return;
  const plots = drawings.map(svg => plotOf(svg, data.curves)), { from, to } = plots[0];
  const power = Math.floor(Math.log10((to - from) / 200));
  const step = 10 ** power, decimals = Math.max(0, -power);
  const first = (Math.ceil(from / step - 1e-9) * step).toFixed(decimals);
  const slider = make('input', { type: 'range', min: first, max: to, step, value: first,
    'aria-label': `${data.words.slider} ${figure.querySelector('figcaption').textContent}` });
  const at = make('span', { class: 'at' }, data.words.how);
  const cells = data.curves.map(() => make('span', { class: 'value' }, '\u2013'));
  const list = make('ul', { 'aria-hidden': 'true' }, ...data.curves.map((curve, k) =>
    make('li', {}, make('span', { class: `swatch b-g${curve.group}` }),
      make('span', { class: 'label' }, curve.label), cells[k])));
  const spoken = make('p', { class: 'spoken', role: 'status' });
  let wait = 0;
  const read = x => {
    const values = data.curves.map(curve => valueAt(curve, x));
    const place = `${data.x}: ${x.toFixed(decimals)}`;
    at.textContent = place;
    values.forEach((value, k) => { cells[k].textContent = words(value, data); });
    slider.setAttribute('aria-valuetext', place);
    plots.forEach(plot => plot.show(x, values));
    box.classList.add('read');
    clearTimeout(wait);
    wait = setTimeout(() => {
      spoken.textContent = `${place}. ` + data.curves.map((curve, k) =>
        `${curve.label} ${values[k] ? cells[k].textContent : data.words.unknown}`).join('; ');
    }, 250);
  };
  const box = make('div', { class: 'reading' }, make('div', { class: 'line' }, at, slider),
    list, spoken);
  const point = event => {
    const plot = plots.find(each => each.svg === event.currentTarget);
    slider.value = plot.xAt(event);
    read(Number(slider.value));
  };
  slider.addEventListener('input', () => read(Number(slider.value)));
  for (const { svg } of plots)
    for (const kind of ['pointermove', 'pointerdown']) svg.addEventListener(kind, point);
  script.after(box);
};
document.querySelectorAll('script.curves').forEach(reading);
})();
