#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# What is no SMPP, or no good SMPP: each gets its answer and its name in the
# log, and nobody else notices.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my $sim = start_sim('a=0', 'b=0');
my $plex = start_plex(log_level => 'debug',
                      conf => conf_text(nodes => [map { [$_, $sim->addr($_)] } qw(a b)],
                                        listener => {'bind-timeout' => '3s', 'window' => 5}));
my $raw_door = Smpplex::Peer->listen;
my $raw_plex = start_plex(args => ['--listen', '127.0.0.1:0', '--node', $raw_door->addr]);

# Somebody else's traffic, all the while.
my $begun = time;
my $other = start_load('-t', $plex->addr, '-d', '600s', '-r', 200, '-w', 20);
eventually('the other client\'s messages flow', sub { keys %{$sim->shares} == 2 });

sub logged {
    my ($pattern, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    eventually("$name: it is logged by name", sub { $plex->log_text =~ $pattern });
}

# Sends octets on a new connection and expects one PDU and the end, or the end alone.
sub refused {
    my ($name, $octets, $command, $status, $number, $log, $before) = @_;
    my $client = $before ? Smpplex::Peer->bound($plex->addr) : Smpplex::Peer->connect($plex->addr);
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $client->send($octets);
    if (defined $command) {
        my $resp = $client->read;
        is_deeply($resp && [@$resp{qw(command status number)}],
                  [cmd($command), status($status), $number], "$name: answered");
    }
    ok($client->is_closed, "$name: and closed");
    is($client->{in}, '', "$name: without more words") if !defined $command;
    logged($log, $name);
    return;
}

sub cut { return pack('NNNN', $_[0], 4, 0, 66) }

for my $when ('before a bind', 'after a bind') {
    for my $length (0, 15, 0x7FFFFFFF, 70_001) {
        refused("command_length $length $when", cut($length), 'generic_nack', 'RINVCMDLEN', 66,
                qr/reason="impossible command_length" detail="command_length=$length"/,
                $when eq 'after a bind');
    }
}
refused('a bind of more than 512 octets', pdu('bind_transceiver', 0, 3, 'x' x 600),
        'generic_nack', 'RINVCMDLEN', 3, qr/impossible command_length" detail="command_length=616"/);
refused('a bind without terminators', pdu('bind_transceiver', 0, 4, 'xxxxxxxxxxx'),
        'bind_transceiver_resp', 'RINVCMDLEN', 4, qr/reason="bind that cannot be read"/);
refused('a bind without a body', pdu('bind_receiver', 0, 4), 'bind_receiver_resp', 'RINVCMDLEN', 4,
        qr/reason="bind that cannot be read"/);
refused('HTTP', "GET / HTTP/1.0\r\n\r\n", undef, undef, undef, qr/another protocol" detail="HTTP"/);
refused('TLS', pack('H*', '16030100a5010000a10303'), undef, undef, undef, qr/detail="TLS"/);
refused('AMQP', "AMQP\0\0\x09\x01", undef, undef, undef, qr/detail="AMQP"/);
refused('RDP', pack('H*', '0300002b26e00000'), undef, undef, undef, qr/detail="RDP"/);

subtest 'requests that the state does not allow' => sub {
    my $client = Smpplex::Peer->connect($plex->addr);
    my $ask = sub {
        my ($pdu, $command, $status, $name) = @_;
        $client->send($pdu);
        my $resp = $client->read;
        is_deeply($resp && [@$resp{qw(command status number)}],
                  [cmd($command), status($status), unpack 'x12N', $pdu], $name);
    };
    $ask->(pdu('enquire_link', 0, 1), 'enquire_link_resp', 0, 'an enquire_link before a bind');
    $ask->(submit_pdu(2), 'submit_sm_resp', 'RINVBNDSTS', 'a submit_sm before a bind');
    $ask->(pdu('unbind', 0, 3), 'unbind_resp', 'RINVBNDSTS', 'an unbind before a bind');
    $ask->(pdu(0x00010200, 0, 4), 'generic_nack', 'RINVCMDID', 'an unknown command before a bind');
    $ask->(bind_pdu('transmitter', 5, 'tx'), 'bind_transmitter_resp', 0, 'a bind after all that');
    $ask->(bind_pdu('transmitter', 6, 'tx'), 'bind_transmitter_resp', 'RALYBND', 'a second bind');
    $ask->(bind_pdu('receiver', 6, 'tx'), 'bind_receiver_resp', 'RALYBND', 'of another type');
    $ask->(pdu('deliver_sm', 0, 7, 'x'), 'deliver_sm_resp', 'RINVBNDSTS', 'a client\'s deliver_sm');
    $client->send(pdu('deliver_sm_resp', 0, 8, "\0"));
    $client->send(pdu('generic_nack', 3, 0));
    $ask->(submit_pdu(9), 'submit_sm_resp', 0, 'responses that nobody waits for do no harm');
    logged(qr/response that nobody waits for command=deliver_sm_resp number=8/, 'deliver_sm_resp');
    logged(qr/response that nobody waits for command=generic_nack number=0/, 'generic_nack');
    logged(qr/request not allowed command=submit_sm state=open status=ESME_RINVBNDSTS/, 'submit_sm');
    $client->send(pdu('unbind', 0, 10));
    is($client->read->{status}, 0, 'and it ends well');

    $client = Smpplex::Peer->bound($plex->addr, type => 'receiver', id => 'rx');
    $ask->(submit_pdu(11), 'submit_sm_resp', 'RINVBNDSTS', 'a receiver\'s submit_sm');
    $client->close;
};

subtest 'a body that cannot be read is the node\'s affair' => sub {
    my $client = Smpplex::Peer->connect($raw_plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my $node = $raw_door->accept_bind;
    $client->read;
    for my $body ('', "\xFF" x 20, 'a' x 300) {
        my $sent = pdu('submit_sm', 0, 3, $body);
        $client->send($sent);
        my $got = $node->read;
        is(unpack('H*', $got->{body}), unpack('H*', $body), length($body) . ' octets arrive');
        $node->answer($got, 0xB);
        is($client->read->{status}, 0xB, 'and so does the node\'s answer');
    }
    # What a node can do wrong.
    $node->send(pdu('submit_sm_resp', 0, 99, "x\0"));
    $node->send(pdu('submit_sm', 0, 12, 'x'));
    my $got = $node->read;
    is_deeply([@$got{qw(command status number)}],
              [cmd('submit_sm_resp'), status('RINVBNDSTS'), 12], 'a node\'s submit_sm is refused');
    $node->send(pdu('outbind', 0, 13, "a\0b\0"));
    $node->send(pdu('enquire_link', 0, 14));
    is($node->read->{number}, 14, 'an outbind does no harm');
    is($raw_plex->counters->{unexpected_responses}, 1, 'one response was unexpected');
    $client->send(submit_pdu(15));
    my $first = $node->read;
    $node->answer($first, 0, "one\0");
    $node->answer($first, 0, "two\0");
    is($client->read->{body}, "10one\0", 'a response sent twice');
    $client->send(pdu('enquire_link', 0, 16));
    is($client->read->{number}, 16, 'reaches the client once');
    $node->send(pack 'NNNN', 5, 5, 5, 5);
    $got = $node->read;
    is_deeply([@$got{qw(command status number)}], [0x80000000, 2, 5],
              'an impossible length of a node\'s is answered');
    ok($node->is_closed, 'and closed');
    $client->close;
};

subtest 'a bind in single octets, too slow' => sub {
    my $client = Smpplex::Peer->connect($plex->addr);
    my $begin = time;
    for my $octet (split //, bind_pdu('transceiver', 1)) {
        $client->send($octet, 0.01) or last;
        $client->fill(time + 0.3);
        last if $client->{closed};
    }
    within($begin, 3 + slow_machine(), 'bind-timeout is for all of it');
    ok($client->{closed}, 'it is closed');
    logged(qr/reason="no bind in time"/, 'no bind');
    my $silent = Smpplex::Peer->connect($plex->addr);
    ok($silent->is_closed, 'and so is one that says nothing');
};

my $report = $other->stop;
cmp_ok($report->{accepted}, '>', 100, 'the other client\'s messages went on');
is_deeply([@$report{qw(refused unanswered duplicate_responses unexpected_responses)}], [0, 0, 0, 0],
          'it noticed nothing');
cmp_ok($report->{latency_ms}{max}, '<', 250 * slow_machine() + stalled_ms($begun), 'not even a delay');
my $counters = $plex->counters;
is($counters->{strays}, 4, 'stray protocols are counted');
is($counters->{bad_lengths}, 9, 'impossible lengths are counted');
is($counters->{bad_binds}, 2, 'binds that cannot be read are counted');
is($counters->{links_lost}, 0, 'no link was lost');
is($sim->stats($_)->{unexpected} + $sim->stats($_)->{bad_lengths}, 0, "$_ saw none of it")
    for qw(a b);
$plex->is_good;
$raw_plex->is_good('before a raw node');
drop($sim);
done_testing();
