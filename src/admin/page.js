/* SPDX-License-Identifier: ISC */
'use strict';
const $ = id => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
const SECONDS = 300;            // of the past that are kept and drawn
const ROWS = 25;                // sessions on a page
const S = {                     // all that is known
    nodes: [], farms: [], events: [], lastEvent: 0, past: new Map(), taken: 0, status: null, ahead: 0,
    sessions: null, bans: null, offset: 0, lostAt: 0, open: new Set(), problems: '', turn: 0,
};
let token = sessionStorage.getItem('smpplex-token') || '';

// What is to be seen: h('td.num', {title: 'x'}, 'text', h(…)). patch() makes it so with the fewest
// changes: what stays the same stays the same element, with its focus and its place of scrolling.
// Children with a key are known again wherever they are.
function h(what, props, ...kids) {
    const [tag, ...classes] = what.split('.');
    const {key, ...attrs} = props || {};
    if (classes.length) attrs.class = classes.join(' ');
    return {tag, key, attrs, kids: kids.flat(9).filter(kid => kid || kid === 0)};
}

function create(item, parent) {
    const ns = item.tag === 'svg' || parent.namespaceURI === SVG ? SVG : 'http://www.w3.org/1999/xhtml';
    const node = document.createElementNS(ns, item.tag);
    Object.assign(node, {itsTag: item.tag, itsKey: item.key, itsAttrs: {}});
    return node;
}

function update(node, item) {
    const was = node.itsAttrs;
    for (const name in was) if (item.attrs[name] == null || item.attrs[name] === false) node.removeAttribute(name);
    for (const [name, value] of Object.entries(item.attrs))
        if (value != null && value !== false && was[name] !== value) node.setAttribute(name, value);
    node.itsAttrs = item.attrs;
    patch(node, item.kids);
}

function patch(parent, kids) {
    const wanted = new Set(kids.map(kid => kid.key).filter(key => key));
    const kept = new Map();
    for (const node of [...parent.childNodes])
        if (node.itsKey && wanted.has(node.itsKey)) kept.set(node.itsKey, node);
        else if (node.itsKey) node.remove();
    let at = parent.firstChild;
    for (const kid of kids) {
        let node;
        if (typeof kid !== 'object') {
            node = at && at.nodeType === 3 ? at : document.createTextNode('');
            if (node.data !== String(kid)) node.data = kid;
        } else {
            node = kid.key ? kept.get(kid.key) : at && at.itsTag === kid.tag && !at.itsKey && at;
            node = node || create(kid, parent);
            update(node, kid);
        }
        if (node === at) at = at.nextSibling;
        else parent.insertBefore(node, at);
    }
    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
}

// Numbers, times and words.
const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const tenths = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const rate = n => n >= 100 ? whole.format(n) : tenths.format(n);
const ms = n => n >= 1000 ? tenths.format(n / 1000) + ' s' : (n >= 10 ? whole : tenths).format(n) + ' ms';
const now = () => Date.now() + S.ahead;
const plural = (n, one, many) => whole.format(n) + ' ' + (n === 1 ? one : many || one + 's');

function octets(n) {
    return n < 1024 ? n + ' B' : n < 1 << 20 ? tenths.format(n / 1024) + ' KiB' : tenths.format(n / (1 << 20)) + ' MiB';
}

function lasting(seconds) {
    const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), hours = Math.floor(m / 60);
    if (s < 60) return s + ' s';
    if (m < 60) return m + ' min' + (m < 10 ? ' ' + s % 60 + ' s' : '');
    if (hours < 48) return hours + ' h ' + m % 60 + ' min';
    return Math.floor(hours / 24) + ' days';
}

function clock(at) {
    const date = new Date(at), text = date.toLocaleTimeString('en-GB');
    if (date.toDateString() === new Date(now()).toDateString()) return text;
    return date.toLocaleDateString('en-GB', {day: 'numeric', month: 'short'}) + ' ' + text;
}

const since = at => h('time', {datetime: at, title: at}, 'since ' + clock(at) + ', ' + ago(at));
const ago = at => lasting((now() - Date.parse(at)) / 1000);
const label = node => node.farm + '/' + node.name;

// A node in a symbol, a word, and how bad it is.
function stateOf(node) {
    if (node.gone) return ['○', 'removed', 'off'];
    if (node.order === 'maint') return ['‖', 'maintenance', 'off'];
    if (node.state === 'down') return ['✕', 'down', 'bad'];
    if (node.state === 'going-down') return ['!', 'going down', 'warn'];
    if (node.state === 'coming-up') return ['↗', 'coming up', 'warn'];
    if (node.order === 'drain') return ['◐', 'drained', 'off'];
    if (node.links.open && !node.links.bound) return ['!', 'up, no link', 'warn'];
    if (!node.weight) return ['○', 'up, weight 0', 'off'];
    return ['✓', node.backup ? 'up, backup' : 'up', 'ok'];
}

const takes = node => node.up && node.order === 'ready' && node.weight > 0 && !node.gone;

// What a node does now: the last three seconds, so that one that is lost is seen to be idle soon.
function recent(node) {
    const row = S.past.get(label(node));
    if (!row || row.responses.length < 3) return node.per_second;
    const mean = list => list.slice(-3).reduce((n, one) => n + one, 0) / 3;
    return {responses: mean(row.responses), errors: mean(row.errors)};
}

const total = (nodes, name) => nodes.reduce((n, node) => n + recent(node)[name], 0);

// How many seconds since a node of these answered last, as far as is known.
function silence(nodes) {
    let best = SECONDS;
    for (const node of nodes) {
        const row = (S.past.get(label(node)) || {responses: []}).responses;
        for (let i = row.length - 1, n = 0; i >= 0 && n < best; i--, n++) if (row[i]) best = n;
    }
    return best;
}

// Why it is in its state, and what the check that keeps it from being up has found.
const why = node => node.why.replace(/^check: /, '') + finding(node);

function finding(node) {
    const {type, up, outcome, detail} = node.check;
    return up || !outcome || node.why.includes(' check: ') ? '' : '; ' + type + ' check: ' + outcome + (detail && ' ' + detail);
}

function errorsOf(node) {
    const names = Object.entries(node.statuses).filter(([name]) => name !== 'ESME_ROK').sort((a, b) => b[1] - a[1]);
    return names.length ? names[0][0] : '';
}

// What is wrong, the worst first: [how bad, a short name, the rest, what it is about].
function problems() {
    const list = [];
    for (const farm of S.farms) {
        const nodes = S.nodes.filter(node => node.farm === farm.name);
        const quiet = silence(nodes);
        if (!nodes.some(node => node.up && node.order !== 'maint' && !node.gone)) {
            const last = nodes.filter(node => !node.gone).map(node => node.since).sort().pop();
            list.push(['bad', 'Farm ' + farm.name + ': no node serves', last && [' ', since(last)], farm.name]);
        } else if (!nodes.some(takes)) {
            list.push(['bad', 'Farm ' + farm.name + ': no node takes new messages', '', farm.name]);
        } else if (farm.pending && quiet >= 5) {
            list.push(['bad', 'Farm ' + farm.name + ': stalled', ': ' + plural(farm.pending, 'request') +
                ' unanswered, no response for ' + (quiet < SECONDS ? lasting(quiet) : 'over 5 min'), farm.name]);
        }
    }
    for (const node of S.nodes) {
        const [sign, word, grade] = stateOf(node), {responses, errors} = recent(node);
        if (grade === 'bad' || grade === 'warn')
            list.push([grade, sign + ' ' + label(node) + ' ' + word, [' ', since(node.since),
                node.why ? ': ' + why(node) : ''], label(node)]);
        else if (node.order !== 'ready' && !node.gone)
            list.push(['off', sign + ' ' + label(node) + ' ' + word, [' by an operator ', since(node.order_since)], label(node)]);
        if (errors > 0.5 && errors > responses / 20)
            list.push(['warn', '! ' + label(node) + ' refuses', ' ' + rate(errors) + ' of ' +
                rate(responses) + ' messages a second, most with ' + errorsOf(node), label(node)]);
    }
    if (S.status && S.status.draining) list.push(['warn', '! smpplex was told to end', ': it takes no new sessions', 'smpplex']);
    const order = ['bad', 'warn', 'off'];
    return list.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
}

function headline(list) {
    const here = S.nodes.filter(node => !node.gone);
    const down = here.filter(node => stateOf(node)[2] === 'bad');
    const farms = list.filter(item => item[0] === 'bad' && item[1].startsWith('Farm '));
    const serving = here.filter(takes).length + ' of ' + plural(here.length, 'node') + ' take messages';
    if (farms.length) return ['bad', '✕ ' + farms[0][1] + (farms.length > 1 ? ', and ' + (farms.length - 1) + ' more' : '')];
    if (down.length === 1) return ['bad', '✕ ' + label(down[0]) + ' is down; ' + serving];
    if (down.length) return ['bad', '✕ ' + down.length + ' nodes are down; ' + serving];
    if (list.some(item => item[0] === 'warn')) return ['warn', '! ' + serving];
    if (list.length) return ['ok', '✓ ' + serving + ', ' + plural(here.length - here.filter(takes).length, 'node') + ' kept out'];
    return ['ok', '✓ All ' + plural(here.length, 'node') + ' up'];
}

// What farms in TCP mode carry: their connections alone are known.
const isTcp = name => S.farms.some(farm => farm.name === name && farm.mode === 'tcp');

function carried() {
    const farms = S.farms.filter(farm => farm.mode === 'tcp');
    return farms.length ? plural(farms.reduce((n, farm) => n + farm.links.bound, 0), 'connection') + ' carried' : '';
}

function flow() {
    const tcp = carried();
    if (S.farms.length && S.farms.every(farm => farm.mode === 'tcp')) return (tcp.startsWith('0 ') ? '■ ' : '▶ ') + tcp;
    return messagesFlow() + (tcp && '; ' + tcp);
}

function messagesFlow() {
    const responses = total(S.nodes, 'responses'), errors = total(S.nodes, 'errors'), quiet = silence(S.nodes);
    const pending = S.farms.reduce((n, farm) => n + farm.pending, 0);
    const slowest = Math.max(0, ...S.nodes.filter(node => recent(node).responses).map(node => node.latency.p99_ms));
    if (quiet < 5 && responses > 0)
        return '▶ Traffic flows: ' + rate(responses) + ' messages/s answered, p99 ' + ms(slowest) +
            (errors > 0 ? ', ' + rate(errors) + ' errors/s' : ', no errors');
    const last = quiet < SECONDS ? 'the last response was ' + lasting(quiet) + ' ago'
        : S.status && now() - Date.parse(S.status.started) < SECONDS * 1000 ? 'no response since it was started'
        : 'no response for over 5 min';
    return pending ? '■ Traffic stands still: ' + plural(pending, 'request') + ' unanswered, ' + last
                   : '■ No traffic at the moment: ' + last;
}

function showVerdict() {
    const list = problems(), [grade, text] = headline(list);
    const shown = list.slice(0, 12);
    $('verdict').className = grade;
    patch($('verdict'), [h('h2', null, text), h('p.flow', null, flow()),
        shown.length && h('ul', null, shown.map(([how, name, more, about]) =>
            h('li', {key: about + name}, h('b.' + how, null, name), more))),
        list.length > 12 && h('p', null, 'and ' + (list.length - 12) + ' more')].filter(item => item));
    document.title = text + ' – smpplex';
    icon(grade);
    const told = text + '. ' + list.map(item => item[1]).join(', ');
    if (told !== S.problems) $('told').textContent = S.problems = told;
}

function icon(grade) {
    const color = {ok: '%2318743a', warn: '%23d99a00', bad: '%23d01f1f'}[grade] || '%23888';
    const form = grade === 'ok' ? '<circle cx="8" cy="8" r="7" fill="' + color + '"/>'
                                : '<path d="M8 0L16 15H0z" fill="' + color + '"/>';
    const href = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' + form + '</svg>';
    if ($('icon').getAttribute('href') !== href) $('icon').setAttribute('href', href);
}

// The last minutes of a farm: responses a second, its nodes on top of each other.
function nice(max) {
    const step = 10 ** Math.floor(Math.log10(Math.max(max, 1)));
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map(n => n * step).find(n => n >= max) || 10;
}

function chart(farm, nodes) {
    const rows = nodes.map(node => S.past.get(label(node)) || {responses: [], errors: []});
    const at = (row, i) => row[row.length - SECONDS + i] || 0;
    const sums = new Array(SECONDS).fill(0), errors = new Array(SECONDS).fill(0), areas = [];
    for (const row of rows) for (let i = 0; i < SECONDS; i++) sums[i] += at(row.responses, i);
    const top = nice(Math.max(10, ...sums)), base = new Array(SECONDS).fill(0);
    const y = n => (100 - n / top * 96).toFixed(1);
    const line = list => list.map((n, i) => (i ? 'L' : 'M') + i + ' ' + y(n)).join('');
    rows.forEach((row, k) => {
        const under = base.map((n, i) => 'L' + i + ' ' + y(n)).reverse().join('');
        for (let i = 0; i < SECONDS; i++) {
            base[i] += at(row.responses, i);
            errors[i] += at(row.errors, i);
        }
        areas.push(h('path.area.c' + k % 8, {d: line(base) + under + 'z'}));
    });
    const said = 'Responses per second in the last 5 minutes: now ' + rate(total(nodes, 'responses')) +
        ', at most ' + whole.format(Math.max(...sums));
    return h('figure', null,
        h('svg', {viewBox: '0 0 ' + (SECONDS - 1) + ' 100', preserveAspectRatio: 'none', role: 'img', 'aria-label': said},
            [60, 120, 180, 240].map(x => h('line.grid', {x1: x, x2: x, y1: 0, y2: 100})),
            areas, h('path.edge', {d: line(sums)}), Math.max(...errors) > 0 && h('path.errors', {d: line(errors)})),
        h('span.max', null, whole.format(top) + ' responses/s'),
        h('figcaption', null, h('span', null, '5 min ago'), h('span', null,
            Math.max(...errors) > 0 ? 'dashed: errors' : ''), h('span', null, 'now')));
}

function button(text, act, node, more) {
    return h('button', {type: 'button', 'data-act': act, 'data-node': label(node), 'aria-label': text + ' ' + label(node), ...more}, text);
}

function acts(node) {
    return h('td.wide', null, h('div.acts', null,
        node.order !== 'ready' && button('Ready', 'ready', node),
        node.order !== 'drain' && button('Drain', 'drain', node),
        node.order !== 'maint' && button('Maint', 'maint', node),
        button('Weight', 'weight', node)));
}

const cell = (name, text, what = '.num', title) => h('td' + what, {role: 'cell', 'data-l': name, title}, text);

function nodeRow(node, k, sum, tcp) {
    const [sign, word, grade] = stateOf(node), {responses, errors} = recent(node);
    const open = S.open.has(label(node)), share = sum ? (tcp ? node.links.bound : responses) / sum : 0;
    const when = node.order !== 'ready' && grade === 'off' ? node.order_since : node.since;
    return h('tr.is-' + grade, {role: 'row', key: label(node), id: 'node-' + label(node)},
        h('td.node.wide', {role: 'cell'},
            h('button.link', {type: 'button', 'data-act': 'more', 'data-node': label(node), 'aria-expanded': String(open)},
                h('svg.dot', {viewBox: '0 0 10 10', 'aria-hidden': 'true'}, h('rect.c' + k % 8, {width: 10, height: 10, rx: 2})),
                node.name, h('span.dim', {'aria-hidden': 'true'}, open ? ' ▾' : ' ▸')),
            h('div.dim', null, node.address + (node.backup ? ', backup' : ''))),
        h('td.state.wide', {role: 'cell'}, h('b.' + grade, null, sign + ' ' + word),
            node.order === 'drain' && word !== 'drained' && h('b.off', null, ', drained'), ' ', h('span.dim', null, since(when)),
            grade !== 'ok' && node.why && node.order === 'ready' && h('div', null, why(node))),
        cell('Share', [sum ? whole.format(share * 100) + ' %' : '–',
            h('svg.share', {viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
                h('rect.c' + k % 8, {width: (share * 100).toFixed(1), height: 1}))], '.share',
            'weight ' + node.weight + (tcp ? '; its connections now, of the farm\'s' : ' of messages; what it answers now, of the farm')),
        tcp ? cell('Connections', whole.format(node.links.bound), '.num', 'that are carried') : [
        cell('Answered/s', rate(responses)),
        cell('Pending', whole.format(node.pending), '.num', 'requests that it has not answered yet'),
        cell('p50', node.latency.count ? ms(node.latency.p50_ms) : '–', '.num', 'half of the last minute\'s responses took no longer'),
        cell('p99', node.latency.count ? ms(node.latency.p99_ms) : '–', '.num', '99 % of the last minute\'s responses took no longer'),
        cell('Errors/s', errors > 0 ? h('b.bad', {title: errorsOf(node)}, '! ' + rate(errors)) : '0', '.num'),
        cell('Links', node.links.bound + ' / ' + node.links.open, '.num', 'bound, of those that there are')],
        cell('Weight', node.weight + (node.weight !== node.configured_weight ? ' (' + node.configured_weight + ')' : '')),
        token && (node.gone ? h('td.wide') : acts(node)));
}

const pairs = object => h('table', null, Object.entries(object).filter(([, n]) => n).map(([name, n]) =>
    h('tr', {key: name}, h('td', null, name), h('td.num', null, whole.format(n)))));

function moreRow(node) {
    const checks = node.checks.map((check, i) => h('tr', {key: String(i + 1)},
        h('td', null, h('b.' + (check.up ? 'ok' : 'bad'), null, (check.up ? '✓ ' : '✕ ') + check.type)),
        h('td', null, (check.outcome || 'no probe yet') + (check.detail ? ': ' + check.detail : '')),
        h('td', null, check.at ? ago(check.at) + ' ago, in ' + ms(check.took_ms) : '')));
    return h('tr.more', {key: label(node) + ' more', role: 'row'}, h('td', {colspan: 11, role: 'cell'}, h('div.cols', null,
        h('div', null, h('h3', null, 'Checks'), h('table', null, checks),
            h('p.dim', null, 'State: ' + node.state + ' ', since(node.since), node.why ? ': ' + node.why : '',
                '. Order: ' + node.order + ' ', since(node.order_since), '. Tag ' + node.tag + '.')),
        h('div', null, h('h3', null, 'Responses by status'), pairs(node.statuses)),
        h('div', null, h('h3', null, 'Counts since the start'), pairs(node.counts)))));
}

function farmSection(farm) {
    const nodes = S.nodes.filter(node => node.farm === farm.name);
    const tcp = farm.mode === 'tcp', sum = tcp ? farm.links.bound : total(nodes, 'responses');
    const figure = (name, text) => [h('div', {key: name}, h('dt', null, name), h('dd', null, text))];
    const heads = tcp ? ['Node', 'State', 'Share', 'Connections', 'Weight']
                      : ['Node', 'State', 'Share', 'Answered/s', 'Pending', 'p50', 'p99', 'Errors/s', 'Links', 'Weight'];
    const id = 'farm-' + farm.name;
    return h('section', {key: farm.name, 'aria-labelledby': id},
        h('h2', {id}, 'Farm ' + farm.name + ' ', h('small', null, (tcp ? 'TCP connections, ' : '') + farm.balance + ', ' +
            (farm.listeners.length ? 'for ' + farm.listeners.join(', ') : 'no listener'))),
        h('dl.figures', null,
            figure('Nodes up', [h('span.' + (farm.nodes_up < farm.nodes ? 'bad' : 'ok'), null,
                farm.nodes_up < farm.nodes ? '! ' : '✓ '), farm.nodes_up + ' of ' + farm.nodes]),
            tcp ? figure('Connections', whole.format(farm.links.bound)) : [
            figure('Answered', [rate(sum), h('small', null, ' /s')]),
            figure('Errors', [rate(total(nodes, 'errors')), h('small', null, ' /s')]),
            figure('Pending', whole.format(farm.pending)),
            figure('p50', farm.latency.count ? ms(farm.latency.p50_ms) : '–'),
            figure('p99', farm.latency.count ? ms(farm.latency.p99_ms) : '–'),
            figure('Long messages', whole.format(farm.sets.open))]),
        !tcp && chart(farm, nodes),
        h('div', null, h('table.nodes', {role: 'table', 'aria-label': 'Nodes of farm ' + farm.name},
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, heads.map((name, i) =>
                h(i < 3 ? 'th' : 'th.num', {role: 'columnheader', scope: 'col'}, name)), token && h('th', {role: 'columnheader', scope: 'col'}, 'Orders'))),
            h('tbody', {role: 'rowgroup'}, nodes.map((node, k) =>
                [nodeRow(node, k, sum, tcp), S.open.has(label(node)) && moreRow(node)])))));
}

function showEvents() {
    const sign = {down: '✕', up: '✓', drain: '◐', maint: '‖', 'going down': '!', 'coming up': '↗'};
    patch($('event-list'), S.events.length ? [h('ol', {tabindex: 0, 'aria-labelledby': 'events-h'}, S.events.slice(-100).reverse().map(event =>
        h('li', {key: String(event.id)}, h('time.dim', {datetime: event.at, title: event.at}, clock(event.at) + ' '),
            (sign[event.to] || '·') + ' ', h('b', null, event.who), ' ' + (event.from ? event.from + ' → ' : '') + event.to,
            event.why && h('span.dim', null, ': ' + event.why))))] : ['none']);
}

function sessionRow(it) {
    const tcp = isTcp(it.farm);
    return h('tr', {key: 'c' + it.id, role: 'row'},
        h('td.wide', {role: 'cell', 'data-l': 'Account'}, h('b', null, it.system_id || (tcp ? '(TCP connection)' : '(not bound)')), h('div.dim', null, 'c' + it.id + ' ' + it.peer + (it.tls ? ', TLS' : ''))),
        cell('State', it.state + (it.reading ? '' : ', held back'), '', 'held back: it sends faster than its nodes take'),
        cell('Bind', it.bind || '–', ''),
        cell('Farm', it.farms.join(', ') || it.farm, '.opt'),
        cell('Nodes', it.links_bound),
        tcp ? [cell('Requests', octets(it.in.bytes), '.num', 'from the client'), cell('Pending', '–'),
            cell('Delivered', octets(it.out.bytes), '.num', 'to the client')] : [
        cell('Requests', whole.format(it.in.requests)),
        cell('Pending', whole.format(it.pending), '.num', octets(it.in.held_bytes) + ' wait for a node'),
        cell('Delivered', whole.format(it.out.deliveries), '.num', 'messages and receipts, ' + octets(it.window.held_bytes) + ' wait for the client')],
        cell('There for', lasting(it.age_seconds), '.num.opt', 'idle for ' + lasting(it.idle_seconds)),
        token && h('td', {role: 'cell'}, h('button', {type: 'button', 'data-act': 'kick', 'data-id': it.id,
            'aria-label': 'End session c' + it.id}, 'End')));
}

function showSessions() {
    const list = S.sessions;
    if (!list) return;
    const heads = ['Account', 'State', 'Bind', 'Farm', 'Nodes', 'Requests', 'Pending', 'Delivered', 'There for'];
    const last = list.offset + list.sessions.length;
    $('sessions-n').textContent = list.total ? list.sessions.length
        ? (list.offset + 1) + ' to ' + last + ' of ' + whole.format(list.total) : 'of ' + whole.format(list.total) : 'none';
    $('back').disabled = S.offset === 0;
    $('on').disabled = last >= list.total;
    patch($('sessions'), list.sessions.length ? [h('table.sessions', {role: 'table', 'aria-labelledby': 'sessions-h'},
        h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, heads.map((name, i) =>
            h(i < 4 ? 'th' : 'th.num', {role: 'columnheader', scope: 'col'}, name)))),
        h('tbody', {role: 'rowgroup'}, list.sessions.map(sessionRow)))] : []);
}

function banRow(it) {
    const cell = (name, text, more) => h('td' + (more || ''), {'data-l': name, role: 'cell'}, text);
    return h('tr', {key: it.address, role: 'row'},
        cell('Address', h('strong', {}, it.address)), cell('Listener', it.listener),
        cell('Failed binds', whole.format(it.failures), '.num'), cell('Since', clock(it.since), '.num'),
        cell('Until', clock(it.until), '.num'), cell('Last failure', it.why, '.wide'),
        token && h('td', {role: 'cell'}, h('button', {type: 'button', 'data-act': 'lift', 'data-id': it.address,
            'aria-label': 'Lift the ban of ' + it.address}, 'Lift')));
}

// Where nobody is banned there is nothing of it.
function showBans() {
    const list = S.bans;
    if (!list || !list.total) return patch($('bans'), []);
    const heads = ['Address', 'Listener', 'Failed binds', 'Since', 'Until', 'Last failure'];
    patch($('bans'), [h('section', {'aria-labelledby': 'bans-h'}, h('h2', {id: 'bans-h'}, 'Banned addresses'),
        h('p.dim', {}, plural(list.total, 'address', 'addresses') + ' not let in after failed binds' +
            (list.total > list.bans.length ? '; the newest ' + list.bans.length + ' are shown.' : '.')),
        h('div.scroll', {}, h('table.sessions', {role: 'table', 'aria-labelledby': 'bans-h'},
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'}, heads.map((name, i) =>
                h(i > 1 && i < 5 ? 'th.num' : 'th', {role: 'columnheader', scope: 'col'}, name)))),
            h('tbody', {role: 'rowgroup'}, list.bans.map(banRow)))))]);
}

function showProgram() {
    const it = S.status;
    if (!it) return;
    $('program').textContent = it.version + ' on ' + location.host + ', up ' + lasting((now() - Date.parse(it.started)) / 1000) +
        ', ' + plural(it.sessions.bound, 'session') + ' of ' + plural(it.accounts, 'account');
    $('conf-of').textContent = (it.configuration.file || 'from the command line') + ', taken ' + clock(it.configuration.loaded);
    if ($('conf').textContent !== it.configuration.text) $('conf').textContent = it.configuration.text;
}

function show() {
    $('operate').textContent = token ? 'Forget the token' : 'Operate …';
    showVerdict();
    patch($('farms'), S.farms.map(farmSection));
    showEvents();
    showSessions();
    showBans();
    showProgram();
}

// Asking. Whatever fails, or takes longer than 4 s, is a lost connection.
async function get(path) {
    const response = await fetch('/api/v1/' + path, {cache: 'no-store', signal: AbortSignal.timeout(4000)});
    if (!response.ok) {
        const answer = await response.json().catch(() => null);
        throw Error(answer && answer.error ? answer.error.text : 'it answers with status ' + response.status);
    }
    return response.json();
}

function takeHistory(answer) {
    const fresh = answer.taken - S.taken;
    for (const node of answer.nodes) {
        const row = S.past.get(label(node)) || {responses: [], errors: []};
        for (const name of ['responses', 'errors'])
            row[name] = row[name].concat(fresh > 0 ? node[name].slice(-fresh) : []).slice(-SECONDS);
        S.past.set(label(node), row);
    }
    S.taken = answer.taken;
}

// Another process than before: nothing that was counted goes on.
function takeStatus(status) {
    const fresh = S.status && S.status.started !== status.started;
    S.status = status;
    S.ahead = Date.parse(status.now) - Date.now();
    if (fresh) {
        Object.assign(S, {events: [], lastEvent: 0, taken: 0, offset: 0});
        S.past.clear();
        say('smpplex was started anew at ' + clock(status.started) + '.');
    }
}

function takeEvents(answer) {
    S.events = S.events.concat(answer.events).slice(-256);
    S.lastEvent = answer.last;
}

function sessionsPath() {
    const account = $('account').value.trim();
    return 'sessions?limit=' + ROWS + '&offset=' + S.offset + (account ? '&system_id=' + encodeURIComponent(account) : '');
}

async function takeSessions() {
    const path = sessionsPath(), list = await get(path);
    if (path !== sessionsPath()) return;
    S.sessions = list;
    if (list.total && S.offset >= list.total) S.offset = Math.floor((list.total - 1) / ROWS) * ROWS;
}

async function takeBans() {
    S.bans = S.status.bans ? await get('bans?limit=' + ROWS) : null;
}

async function look() {
    if (S.lostAt || S.turn % 5 === 0) takeStatus(await get('status'));
    const seconds = S.taken ? Math.min(SECONDS, Math.ceil((Date.now() - S.lookedAt) / 1000) + 3) : SECONDS;
    S.lookedAt = Date.now();
    const [nodes, farms, history, events] = await Promise.all([get('nodes'), get('farms'),
        get('history?seconds=' + seconds), get('events?after=' + S.lastEvent),
        S.turn % 3 === 0 ? takeSessions() : null, takeBans()]);
    S.nodes = nodes.nodes;
    S.farms = farms.farms;
    takeHistory(history);
    takeEvents(events);
    S.turn++;
}

function lost(error) {
    S.lostAt = S.lostAt || Date.now();
    const why = error.name === 'TimeoutError' ? 'no answer in 4 s' : error instanceof TypeError ? 'it cannot be reached' : error.message;
    const text = 'The connection to smpplex is lost since ' + new Date(S.lostAt).toLocaleTimeString('en-GB') + ' (' +
        lasting((Date.now() - S.lostAt) / 1000) + '): ' + why + '. What is shown is from before; trying again …';
    document.body.className = 'stale';
    if (S.lostAt > Date.now() - 1000) $('said').textContent = '';
    if ($('verdict').className) $('verdict').className = 'off';
    $('lost').textContent = text;
    $('live').textContent = '✕ connection lost';
    $('live').className = 'bad';
    document.title = '? connection lost – smpplex';
    icon('');
}

function found() {
    if (S.lostAt) say('The connection to smpplex is back, after ' + lasting((Date.now() - S.lostAt) / 1000) + '.');
    S.lostAt = 0;
    document.body.className = '';
    $('lost').textContent = '';
    $('live').textContent = '● live';
    $('live').className = 'ok';
}

let asking = false, again;

async function turn() {
    clearTimeout(again);
    if (asking) return;
    asking = true;
    let failed = null;
    await look().catch(error => failed = error);
    asking = false;
    again = setTimeout(turn, document.hidden ? 5000 : 1000);
    if (failed) lost(failed);
    else {
        found();
        show();
    }
}

function soon() {
    S.turn = 0;
    turn();
}

let unsaid;

function say(text) {
    $('said').textContent = text;
    clearTimeout(unsaid);
    unsaid = setTimeout(() => $('said').textContent = '', 10000);
}

// Questions and orders.
function ask(title, text, ok, input) {
    const dialog = $('ask'), field = $('ask-value');
    $('ask-h').textContent = title;
    $('ask-text').textContent = text;
    $('ask-ok').textContent = ok;
    field.hidden = !input;
    for (const name of ['type', 'min', 'max', 'required', 'autocomplete']) field.removeAttribute(name);
    for (const [name, value] of Object.entries(input || {})) field.setAttribute(name, value);
    field.value = input && input.value != null ? input.value : '';
    dialog.showModal();
    (input ? field : $('ask-no')).focus();
    return new Promise(done => {
        let answer = null;
        $('ask-form').onsubmit = event => {
            event.preventDefault();
            answer = field.value;
            dialog.close();
        };
        $('ask-no').onclick = () => dialog.close();
        dialog.onclose = () => {
            field.value = '';
            done(answer);
        };
    });
}

async function askToken() {
    const text = 'What the file of token-file holds. It is kept until this tab is closed, and sent to smpplex alone.';
    const value = await ask('Token for orders', text, 'Use it', {type: 'password', required: '', autocomplete: 'off'});
    if (value) sessionStorage.setItem('smpplex-token', token = value.trim());
    show();
}

async function post(path, body) {
    const init = {method: 'POST', headers: {Authorization: 'Bearer ' + token}, signal: AbortSignal.timeout(8000)};
    if (body) init.body = JSON.stringify(body);
    try {
        const response = await fetch('/api/v1/' + path, init), answer = await response.json();
        say(response.ok ? 'Done: ' + answer.text + '.' : 'Refused: ' + answer.error.text + '.');
        if (response.status === 401) forget();
    } catch (error) {
        say('Not done, as far as is known: ' + error.message + '.');
    }
    soon();
}

function forget() {
    sessionStorage.removeItem('smpplex-token');
    token = '';
    show();
}

// What an order means for the others of the farm.
function warning(node) {
    const others = S.nodes.filter(other => other.farm === node.farm && other !== node && takes(other)).length;
    return others ? plural(others, 'other node takes', 'other nodes take') + ' its messages.'
                  : 'NO OTHER NODE of farm ' + node.farm + ' takes messages: they will be refused.';
}

async function order(deed, node) {
    const path = 'nodes/' + encodeURIComponent(node.farm) + '/' + encodeURIComponent(node.name) + '/' + deed;
    if (deed === 'ready') return post(path);
    if (deed === 'weight') {
        const value = await ask('Weight of ' + label(node), 'Its share of the messages, from 0 (none) to 256, until the ' +
            'configuration is read again. There it is ' + node.configured_weight + '.', 'Set',
            {type: 'number', min: 0, max: 256, required: '', value: node.weight});
        return value !== null && post(path, {weight: Number(value)});
    }
    const text = deed === 'drain' ? 'It gets no new messages; what it has is finished, and its receipts still arrive. '
                                  : 'Its links are closed, and it is not checked. ';
    if (await ask((deed === 'drain' ? 'Drain ' : 'Maintenance of ') + label(node) + '?', text + warning(node),
        deed === 'drain' ? 'Drain' : 'Take it out') !== null) post(path);
}

async function kick(id) {
    const it = S.sessions.sessions.find(one => String(one.id) === id);
    if (it && await ask('End session c' + id + ' of ' + it.system_id + '?',
        'It is unbound once what it has open is answered. Clients mostly bind again at once.', 'End it') !== null)
        post('sessions/' + id + '/kick');
}

async function lift(address) {
    if (await ask('Lift the ban of ' + address + '?', 'Whoever sits there may bind again at once. Where the reason is a ' +
        'client with a wrong password, it will be banned again.', 'Lift it') !== null)
        post('bans/' + address.split('/')[0] + '/lift');
}

document.addEventListener('click', event => {
    const target = event.target.closest('[data-act]');
    if (!target) return;
    const {act, node: name, id} = target.dataset, node = S.nodes.find(one => label(one) === name);
    if (act === 'kick') kick(id);
    else if (act === 'lift') lift(id);
    else if (!node) return;
    else if (act === 'more') {
        if (!S.open.delete(name)) S.open.add(name);
        show();
    } else order(act, node);
});
$('operate').addEventListener('click', () => token ? forget() : askToken());
$('account').addEventListener('input', () => { S.offset = 0; soon(); });
$('back').addEventListener('click', () => { S.offset = Math.max(0, S.offset - ROWS); soon(); });
$('on').addEventListener('click', () => { S.offset += ROWS; soon(); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) soon(); });
turn();
