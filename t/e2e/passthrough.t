#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# What passes, passes byte for byte but for the sequence_number, where message ids
# are not tagged.
use strict;
use warnings;
use Test::More;

use Smpplex::Peer;
use Smpplex::Test;

my $door = Smpplex::Peer->listen;
my $plex = start_plex(conf => conf_text(farm => {'message-id' => 'learn'},
                                        nodes => [['node1', $door->addr]]));
my $client = Smpplex::Peer->connect($plex->addr);
$client->send(bind_pdu('transceiver', 0x7FFFFFFF));
my $node = $door->accept_bind;
my $resp = $client->read;

sub but_number { return substr($_[0], 0, 12) . substr($_[0], 16) }

is($resp->{number}, 0x7FFFFFFF, 'the bind_resp has the number of the bind');
is(but_number($node->{bind}{bytes}), but_number(bind_pdu('transceiver', 0)),
   'the bind reaches the node as it is');

my %strange = (
    'a submit_sm with unknown TLVs' => submit_pdu(0, 'text', tlv(0x1400, 'vendor') . tlv(0x3FFF, '')),
    'a submit_sm whose last TLV is cut' => submit_pdu(0, 'text', pack('nnA*', 0x0424, 200, 'cut')),
    'a submit_sm without any terminator' => pdu('submit_sm', 0, 0, 'x' x 30),
    'a submit_sm without a body' => pdu('submit_sm', 0, 0),
    'a vendor command' => pdu(0x00010200, 0, 0, "\x00\xFFvendor"),
    'a broadcast_sm of v5' => pdu('broadcast_sm', 0, 0, "\0\1\1raw\0" . tlv(0x0606, "\0\0\0")),
    'a request with a status' => pdu('submit_sm', 0x400, 0, "\0"),
    'a data_sm of 64 KB' => pdu('data_sm', 0, 0, pack('Z*CCZ*CCZ*CCC', '', 1, 1, 'raw', 1, 1, '4670',
                                                    0, 0, 0) . tlv(0x0424, 'm' x 65000)),
);
for my $name (sort keys %strange) {
    my $pdu = $strange{$name};
    substr($pdu, 12, 4) = pack 'N', 77;
    $client->send($pdu);
    my $got = $node->read;
    is($got && unpack('H*', but_number($got->{bytes})), unpack('H*', but_number($pdu)),
       "$name goes up as it is");
    my $answer = pdu($got->{command} | 0x80000000, 0x0400, $got->{number},
                     "id\0" . tlv(0x1401, $name));
    $node->send($answer);
    $got = $client->read;
    is($got && unpack('H*', but_number($got->{bytes})), unpack('H*', but_number($answer)),
       "$name: so does the answer down");
    is($got->{number}, 77, "$name: the answer has the client's number");
}

my %down = (
    'a deliver_sm with unknown TLVs' => pdu('deliver_sm', 0, 0, Smpplex::Peer::message_body('mo')
                                            . tlv(0x1400, "\0\1\2")),
    'a deliver_sm without any terminator' => pdu('deliver_sm', 0, 0, 'y' x 40),
    'a vendor command of the node\'s' => pdu(0x00010201, 0, 0, 'down'),
    'a data_sm' => pdu('data_sm', 0, 0, "\0\1\1a\0\1\1b\0\0\0\0" . tlv(0x0424, 'text')),
);
for my $name (sort keys %down) {
    my $pdu = $down{$name};
    substr($pdu, 12, 4) = pack 'N', 0x80000001;
    $node->send($pdu);
    my $got = $client->read;
    is($got && unpack('H*', but_number($got->{bytes})), unpack('H*', but_number($pdu)),
       "$name goes down as it is");
    my $answer = pdu($got->{command} | 0x80000000, 0x58, $got->{number}, "filled\0" . tlv(0x1402, ''));
    $client->send($answer);
    $got = $node->read;
    is($got && unpack('H*', but_number($got->{bytes})), unpack('H*', but_number($answer)),
       "$name: so does the answer up");
    is($got->{number}, 0x80000001, "$name: the answer has the node's number");
}

$node->send(pdu('alert_notification', 0, 9, "\1\1src\0\1\1esme\0"));
$resp = $client->read;
is($resp->{command}, cmd('alert_notification'), 'an alert_notification reaches the client');

# Their own numbers come back, whatever they are.
my @numbers = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF);
$client->send(submit_pdu($_, "number $_")) for @numbers;
my @open = map { $node->read } @numbers;
my %ours = map { $_->{number} => 1 } @open;
is(scalar(keys %ours), 5, 'each request has a number of its own at the node');
is(scalar(grep { $_ == 0 || $_ > 0x7FFFFFFF } keys %ours), 0, 'from 1 to 0x7FFFFFFF');
$node->answer($_, 0, "m\0") for reverse @open;
is_deeply([map { $client->read->{number} } @numbers], [reverse @numbers],
          'the client gets back what it sent, in the order of the answers');

$client->send(submit_pdu(5, 'first') . submit_pdu(5, 'second'));
@open = map { $node->read } 1 .. 2;
isnt($open[0]{number}, $open[1]{number}, 'a number that is used twice at once: two at the node');
$node->answer($open[1], 0, "second\0");
$node->answer($open[0], 0, "first\0");
my @resp = map { $client->read } 1 .. 2;
is_deeply([map { "$_->{number} $_->{body}" } @resp], ["5 second\0", "5 first\0"],
          'and two responses with it');

$client->send(submit_pdu(1234));
my $got = $node->read;
$node->send(pdu('generic_nack', 3, $got->{number}));
$resp = $client->read;
is_deeply([@$resp{qw(command status number)}], [0x80000000, 3, 1234],
          'a generic_nack of the node\'s reaches the client with its number');

$client->send($_) for split //, submit_pdu(81, 'one octet at a time');
$got = $node->read;
is(but_number($got->{bytes}), but_number(submit_pdu(0, 'one octet at a time')),
   'a PDU in single octets arrives whole');
$node->send($_) for split //, pdu('submit_sm_resp', 0, $got->{number}, "drop by drop\0");
is($client->read->{body}, "drop by drop\0", 'and its response too');

$client->send(join '', map { submit_pdu($_, "batch $_") } 1 .. 200);
@open = map { $node->read } 1 .. 200;
is_deeply([map { $_->{bytes} =~ /(batch \d+)/ } @open], [map { "batch $_" } 1 .. 200],
          '200 PDUs in one segment arrive in order');
$node->send(join '', map { pdu('submit_sm_resp', 0, $_->{number}, "x\0") } @open);
is_deeply([map { $client->read->{number} } 1 .. 200], [1 .. 200], 'and their responses');

my $counters = $plex->counters;
is($counters->{unexpected_responses}, 0, 'nothing was unexpected');
is($counters->{requests_up}, $counters->{responses_up}, 'each request has one response');

$client->send(pdu('unbind', 0, 0));
$resp = $client->read;
is_deeply([@$resp{qw(command number)}], [cmd('unbind_resp'), 0],
          'an unbind with the number 0 is answered too');
$_->close for $client, $node;
$plex->is_good;
done_testing();
