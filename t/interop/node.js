// SPDX-License-Identifier: ISC
//
// A node made of node-smpp: node node.js PREFIX EVERY
// listens on a port of its own, which it prints; answers each message with an id
// that begins with PREFIX, sends the receipt that was asked for, and a MO after
// every EVERY messages. On SIGTERM it prints what it saw as one JSON object; what
// must not happen ends it with a word and exit status 1.
'use strict';
const smpp = require('smpp');

const prefix = process.argv[2];
const every = Number(process.argv[3]);
const seen = {binds: 0, taken: 0, mo: 0, receipts: 0, answers: 0, enquired: 0, enquireAnswers: 0, unbinds: 0};

function fail(what) {
    console.log('error: ' + what);
    process.exit(1);
}

process.on('warning', (warning) => fail('warning: ' + warning.message));
process.on('SIGTERM', () => {
    console.log(JSON.stringify(seen));
    process.exit(0);
});

function onAnswer(answer) {
    if (answer.command !== 'deliver_sm_resp' || answer.command_status !== 0)
        fail(`${answer.command} ${answer.command_status}`);
    seen.answers++;
}

function onMessage(session, pdu) {
    const id = prefix + String(++seen.taken).padStart(10, '0');
    const back = {source_addr: pdu.destination_addr, destination_addr: pdu.source_addr};
    session.send(pdu.response({message_id: id}));
    if (pdu.registered_delivery & 1) {
        seen.receipts++;
        session.deliver_sm({...back, esm_class: 4, short_message:
            `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 ` +
            'stat:DELIVRD err:000 text:'}, onAnswer);
    }
    if (seen.taken % every === 0) {
        seen.mo++;
        session.deliver_sm({...back, short_message: `MO ${seen.taken}`}, onAnswer);
    }
}

const server = smpp.createServer((session) => {
    let unbound = false;
    let bound = false;      // a probe is a connection that says nothing
    session.on('bind_transceiver', (pdu) => {
        seen.binds++;
        bound = true;
        session.send(pdu.response({system_id: 'node' + prefix}));
    });
    session.on('submit_sm', (pdu) => onMessage(session, pdu));
    session.on('enquire_link', (pdu) => {
        seen.enquired++;
        session.send(pdu.response());
        session.enquire_link((answer) => {
            if (answer.command !== 'enquire_link_resp')
                fail('enquire_link: ' + answer.command);
            seen.enquireAnswers++;
        });
    });
    session.on('unbind', (pdu) => {
        seen.unbinds++;
        unbound = true;
        session.send(pdu.response());
        session.close();
    });
    session.on('error', (error) => fail(error.message));
    session.on('close', () => unbound || !bound || fail('closed without an unbind'));
    session.on('unknown', (pdu) => fail('unknown command ' + pdu.command_id));
});
server.on('error', (error) => fail(error.message));
server.listen(0, '127.0.0.1', () => console.log('listening ' + server.address().port));
