// SPDX-License-Identifier: ISC
//
// A client made of node-smpp: node client.js HOST PORT MESSAGES DELIVERIES
// binds as a transceiver, sends MESSAGES in a window, waits for DELIVERIES
// (receipts and MO), idles over two rounds of enquire_link in both directions
// and unbinds. Prints what it saw as one JSON object; what must not happen ends
// it with a word and exit status 1. "mo" on stdout asks for the MO.
'use strict';
const smpp = require('smpp');

const [host, port, messages, deliveries] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const WINDOW = 50;
const ROUNDS = 2;
const seen = {answers: 0, ids: {}, receipts: {}, mo: 0, enquired: 0, enquireAnswers: 0, twice: 0};
const open = new Set();
let sent = 0;
let idle = false;

function fail(what) {
    console.log('error: ' + what);
    process.exit(1);
}

process.on('warning', (warning) => fail('warning: ' + warning.message));
setTimeout(() => fail('too late: ' + JSON.stringify(seen)), 30000).unref();

const session = smpp.connect({host, port}, () => {
    session.bind_transceiver({system_id: 'node', password: 'secret'}, (answer) => {
        if (answer.command_status !== 0 || answer.command !== 'bind_transceiver_resp')
            fail('bind: ' + answer.command_status);
        fill();
    });
});
let unbinding = false;
session.on('error', (error) => fail(error.message));
session.on('close', () => {
    if (!unbinding)
        fail('closed');
    console.log(JSON.stringify(seen));
    process.exit(0);
});
session.on('unknown', (pdu) => fail('unknown command ' + pdu.command_id));
session.on('pdu', (pdu) => {
    if (pdu.isResponse() && !open.delete(pdu.sequence_number) && pdu.command === 'submit_sm_resp')
        seen.twice++;
});

// Keeps the window full. Every tenth message has its text in message_payload.
function fill() {
    while (sent < messages && open.size < WINDOW) {
        const text = `message ${++sent} from node`;
        const fields = {source_addr: '12345', destination_addr: '4670000' + sent, registered_delivery: 1};
        if (sent % 10 === 0)
            fields.message_payload = text;
        else
            fields.short_message = text;
        session.submit_sm(fields, onAnswer);
        open.add(session.sequence);
    }
}

function onAnswer(answer) {
    if (answer.command !== 'submit_sm_resp' || answer.command_status !== 0)
        fail(`${answer.command} ${answer.command_status}`);
    seen.answers++;
    seen.ids[answer.message_id] = (seen.ids[answer.message_id] || 0) + 1;
    if (seen.answers === messages)
        console.log('mo');
    fill();
    maybeIdle();
}

session.on('deliver_sm', (pdu) => {
    const text = pdu.short_message.message.toString();
    const receipt = /^id:(\S+) .*stat:DELIVRD/.exec(text);
    if (pdu.esm_class === 4 && receipt)
        seen.receipts[receipt[1]] = (seen.receipts[receipt[1]] || 0) + 1;
    else if (pdu.esm_class === 0 && /^MO \d+ from n\d$/.test(text))
        seen.mo++;
    else
        fail('odd delivery: ' + text);
    session.send(pdu.response());
    maybeIdle();
});

// A round is over when we were asked and were answered.
session.on('enquire_link', (pdu) => {
    session.send(pdu.response());
    if (idle)
        seen.enquired++;
    maybeUnbind();
});

function maybeIdle() {
    const delivered = Object.keys(seen.receipts).length + seen.mo;
    if (idle || seen.answers < messages || delivered < deliveries)
        return;
    idle = true;
    enquire();
}

function enquire() {
    session.enquire_link((answer) => {
        if (answer.command !== 'enquire_link_resp' || answer.command_status !== 0)
            fail('enquire_link: ' + answer.command);
        if (++seen.enquireAnswers < ROUNDS)
            setTimeout(enquire, 100);
        maybeUnbind();
    });
}

function maybeUnbind() {
    if (unbinding || seen.enquired < ROUNDS || seen.enquireAnswers < ROUNDS)
        return;
    unbinding = true;
    session.unbind((answer) => {
        if (answer.command !== 'unbind_resp' || answer.command_status !== 0)
            fail('unbind: ' + answer.command_status);
        session.close();
    });
}
