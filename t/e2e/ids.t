#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Every message_id that a client sees is one message's alone, receipts are about ids
# that the client was given, and what is asked of an id reaches the node that has it.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my @three = qw(a b c);

# `keys`: what the configuration says of a node beyond its address.
sub plex_for {
    my ($sim, $farm, $keys) = @_;
    return start_plex(conf => conf_text(
        farm => $farm, nodes => [map { [$_, $sim->addr($_), %{$keys->{$_} // {}}] } @three]));
}

sub sum { my ($sim, $counter) = @_; my $n = 0; $n += $sim->stats($_)->{$counter} for @three; return $n }

# Each follow-up was said yes to, and no node was asked for what it doesn't have.
sub follow_ups_are_good {
    my ($sim, $report, $n) = @_;
    for my $what (qw(query replace cancel)) {
        my $counter = $what eq 'query' ? 'queries' : "${what}s";
        is_deeply($report->{follow_ups}{"${what}_sm"}, {status => {ESME_ROK => $n}, unanswered => 0},
                  "$n ${what}_sm succeed");
        is_deeply([sum($sim, $counter), sum($sim, "${counter}_failed")], [$n, 0],
                  'none at a node that doesn\'t have the message');
    }
    return;
}

# --- with smppsim

for my $case (['counter', 'both', 30_000], ['hex', 'text', 6000], ['decimal10', 'tlv', 6000],
              ['hex', 'both', 6000]) {
    my ($ids, $form, $n) = @$case;
    subtest "tag: three nodes whose ids are the same ($ids), receipts by $form" => sub {
        my $sim = start_sim(map { "$_=0,ids=$ids,receipt-form=$form,latency=exp:1ms" } @three);
        my $plex = plex_for($sim);
        my $report = run_load('-t', $plex->addr, '-c', 6, '-a', 2, '-n', $n, '-w', 50, '--receipts',
                              '--id-check', '--query', 600, '--replace', 600, '--cancel', 600);
        is($report->{accepted}, $n, 'every message is accepted');
        is_deeply($report->{message_ids}, {given => $n, duplicate => 0, empty => 0},
                  'each has an id of its own');
        is_deeply($report->{receipts}, {expected => $n, received => $n, missing => 0,
                                        unknown_id => 0, duplicate => 0}, 'and its receipt');
        follow_ups_are_good($sim, $report, 600);
        my $counters = $plex->counters;
        is($counters->{receipts_tagged}, $n, 'every receipt was tagged');
        is($counters->{ids_known_by_tag}, 1800, 'every id told its node');
        is($counters->{ids_learnt}, 0, 'nothing had to be remembered');
        is($report->{exit}, 0, 'smppload has nothing to complain of');
        $plex->is_good;
        drop($sim);
    };
}

my %prefixes = (a => '0001', b => '0002', c => '11');

for my $mode (qw(prefix learn)) {
    subtest "$mode: nodes whose ids differ; nothing is rewritten" => sub {
        my $sim = start_sim(map { "$_=0,ids=prefix:$prefixes{$_}" } @three);
        my %keys = map { $_ => {'id-prefix' => $prefixes{$_}} } @three;
        my $plex = plex_for($sim, {'message-id' => $mode}, $mode eq 'prefix' ? \%keys : {});
        my $log = work_dir . '/load.log';
        my $report = run_load('-t', $plex->addr, '-c', 4, '-n', 6000, '-w', 50, '--receipts',
                              '--id-check', '--query', 600, '--replace', 600, '--cancel', 600,
                              '--log', $log);
        is($report->{exit}, 0, 'all is accepted, and has its receipt');
        follow_ups_are_good($sim, $report, 600);
        my %given = map { $_->[4] => 1 } $sim->messages;
        open my $file, '<', $log or die "$log: $!";
        my $strange = grep { !$given{(split /\t/)[3]} } <$file>;
        is($strange, 0, 'the client has the nodes\' own ids');
        my $counters = $plex->counters;
        is_deeply([@$counters{qw(ids_known_by_prefix ids_known_by_learning ids_unknown ids_tagged
                                 receipts_tagged)}],
                  [$mode eq 'prefix' ? (1800, 0) : (0, 1800), 0, 0, 0], 'as counted');
        $plex->is_good;
        drop($sim);
    };
}

sub query_pdu { return pdu('query_sm', 0, $_[0], pack 'Z*CCZ*', $_[1], 1, 1, 'raw') }
sub cancel_pdu {
    return pdu('cancel_sm', 0, $_[0], pack 'Z*Z*CCZ*CCZ*', '', $_[1], 1, 1, 'raw', 1, 1, '46701');
}
sub replace_pdu {
    return pdu('replace_sm', 0, $_[0], pack 'Z*CCZ*Z*Z*CCC/a', $_[1], 1, 1, 'raw', '', '', 0, 0, 'new');
}
sub id_of { return unpack 'Z*', $_[0]{body} }

for my $mode (qw(tag prefix learn)) {
    subtest "$mode: what was sent before a restart is asked for behind it" => sub {
        my $sim = start_sim(map { "$_=0,ids=" . ($mode eq 'tag' ? 'counter' : "prefix:$prefixes{$_}") }
                            @three);
        my %keys = map { $_ => {'id-prefix' => $prefixes{$_}} } @three;
        my @start = ($sim, {'message-id' => $mode}, $mode eq 'prefix' ? \%keys : {});
        my $plex = plex_for(@start);
        my $client = Smpplex::Peer->bound($plex->addr);
        $client->send(join '', map { submit_pdu($_) } 1 .. 30);
        my @ids = map { id_of($client->read) } 1 .. 30;
        $client->close;
        $plex->is_good;
        $plex = plex_for(@start);
        $client = Smpplex::Peer->bound($plex->addr);
        my $asked = 0;
        for my $make (\&query_pdu, \&replace_pdu, \&cancel_pdu) {
            $client->send(join '', map { $make->($_, $ids[$_ - 1]) } 1 .. 30);
            my @resp = map { $client->read } 1 .. 30;
            is(scalar(grep { $_ && $_->{status} == 0 } @resp), 30, 'all 30 are found');
            is_deeply([map { id_of($_) } sort { $a->{number} <=> $b->{number} } @resp], \@ids,
                      'under the client\'s id') if $make == \&query_pdu;
        }
        my $failed = sum($sim, 'queries_failed') + sum($sim, 'replaces_failed')
            + sum($sim, 'cancels_failed');
        if ($mode eq 'learn') {
            # Each was asked of the nodes in turn. The answer to the query tells
            # its node, so that the others find it.
            is($plex->counters->{ids_unknown}, 30, 'the first time they are unknown');
            is($failed, 30, 'asked of each node in turn, 0, 1 and 2 of which had to say no');
        } else {
            is($failed, 0, 'none at a node that doesn\'t have the message');
        }
        $client->close;
        $plex->is_good;
        drop($sim);
    };
}

# --- with raw nodes

# Raw nodes and a client that is bound to all.
sub raw {
    my ($n, %farm) = @_;
    my @doors = map { Smpplex::Peer->listen } 1 .. $n;
    my $plex = start_plex(conf => conf_text(
        farm => {reconnect => '60s', 'reconnect-max' => '60s', %farm},
        nodes => [map { ["n$_", $doors[$_ - 1]->addr] } 1 .. $n]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } @doors;
    $client->read;
    return ($plex, $client, @nodes);
}

my %failure = (query_sm => 0x67, cancel_sm => 0x11, replace_sm => 0x13);
my %make = (query_sm => \&query_pdu, cancel_sm => \&cancel_pdu, replace_sm => \&replace_pdu);

# The node's next request, which must be as said; answers it.
sub serve {
    my ($node, $what, $status, $body, $name) = @_;
    my $got = $node->read or return fail("$name: nothing came");
    is($got->{command}, cmd($what), $name);
    $node->answer($got, $status, $body);
    return $got;
}

subtest 'the tag is taken off what goes to the node, and all else stays' => sub {
    my ($plex, $client, @nodes) = raw(2);
    for my $what (sort keys %make) {
        for my $i (0 .. 1) {
            $client->send($make{$what}->(3, 1 . $i . 'Abc'));
            my $got = $nodes[$i]->read;
            is(unpack('H*', substr $got->{bytes}, 16),
               unpack('H*', substr $make{$what}->(3, 'Abc'), 16), "$what of node $i");
            $nodes[$i]->answer($got, 0, $what eq 'query_sm' ? "Abc\0\0\2\0" : '');
            my $resp = $client->read;
            is($resp->{body}, $what eq 'query_sm' ? "1${i}Abc\0\0\2\0" : '', 'its answer');
        }
    }
    for my $what (qw(submit_multi data_sm broadcast_sm)) {
        $client->send(pdu($what, 0, 4, 'x' x 40));
        read_all(\@nodes, 1, sub { $nodes[$_[1]]->answer($_[0], 0, "id9\0" . "\0") });
        like($client->read->{body}, qr/^1[01]id9\0\0$/, "the id of a ${what}_resp has a tag");
    }
    $_->close for $client, @nodes;
    $plex->is_good;
};

for my $what (sort keys %make) {
    subtest "$what of an id that nobody knows: the nodes in turn, the first yes wins" => sub {
        my ($plex, $client, @nodes) = raw(3);
        my $good = $what eq 'query_sm' ? "zz1\0\0\2\0" : '';
        $client->send($make{$what}->(5, 'zz1'));
        my $got = serve($nodes[0], $what, $failure{$what}, '', 'the first is asked');
        like($got->{body}, qr/zz1\0/, 'for the whole id');
        ok($nodes[2]->silent(0.05), 'the third is not yet');
        serve($nodes[1], $what, 0, $good, 'then the second, and says yes');
        my $resp = $client->read;
        is_deeply([@$resp{qw(command status number)}], [cmd("${what}_resp"), 0, 5],
                  'which the client hears');
        ok($nodes[2]->silent(0.05), 'the third is not asked');
        $client->send($make{$what}->(6, 'zz2'));
        serve($_, $what, $failure{$what}, '', 'each is asked') for @nodes;
        is_deeply([@{$client->read}{qw(status number)}], [$failure{$what}, 6],
                  'none has it: the client gets the failure');
        # The tour goes on where a node is lost in the middle of it.
        $client->send($make{$what}->(7, 'zz3'));
        ok($nodes[0]->read, 'asked');
        $nodes[0]->reset;
        serve($nodes[1], $what, $failure{$what}, '', 'a node was lost: the next is asked');
        serve($nodes[2], $what, 0, $good, 'and the one behind it');
        is_deeply([@{$client->read}{qw(status number)}], [0, 7], 'its yes reaches the client');
        is($plex->counters->{ids_unknown}, 3, 'three were unknown');
        $_->close for $client, @nodes[1, 2];
        $plex->is_good;
    };

    subtest "$what of an id whose node is down: the failure, at once" => sub {
        my ($plex, $client, @nodes) = raw(2);
        $client->send($make{$what}->(8, '10x'));
        ok($nodes[0]->read, 'asked');
        $nodes[0]->reset;
        is_deeply([@{$client->read}{qw(status number)}], [$failure{$what}, 8],
                  'lost with the question');
        my $begin = time;
        $client->send($make{$what}->(9, '10y'));
        is_deeply([@{$client->read}{qw(status number)}], [$failure{$what}, 9], 'and when it is down');
        within($begin, 3, 'at once');
        ok($nodes[1]->silent(0.05), 'the other is not asked');
        $_->close for $client, $nodes[1];
        $plex->is_good;
    };
}

subtest 'cancel_sm without an id goes to all' => sub {
    my ($plex, $client, @nodes) = raw(3);
    for my $yes (-1 .. 2) {
        $client->send(cancel_pdu(10 + $yes, ''));
        for my $i (0 .. 2) {
            my $got = serve($nodes[$i], 'cancel_sm', $i == $yes ? 0 : 0x11, '', "node $i is asked");
            is(unpack('H*', substr $got->{bytes}, 16), unpack('H*', substr cancel_pdu(1, ''), 16),
               'for the same');
        }
        is_deeply([@{$client->read}{qw(status number)}], [$yes < 0 ? 0x11 : 0, 10 + $yes],
                  $yes < 0 ? 'nobody: the failure' : "node $yes said yes: so does the client hear");
    }
    # The last to be asked dies, and an earlier one has said yes.
    $client->send(cancel_pdu(20, ''));
    serve($nodes[0], 'cancel_sm', 0, '', 'yes');
    serve($nodes[1], 'cancel_sm', 0x11, '', 'no');
    ok($nodes[2]->read, 'asked');
    $nodes[2]->reset;
    is_deeply([@{$client->read}{qw(status number)}], [0, 20], 'a yes stays one when a node is lost');
    $_->close for $client, @nodes[0, 1];
    $plex->is_good;
};

for my $len (61, 62, 63, 64) {
    subtest "an id of $len octets" => sub {
        my ($plex, $client, @nodes) = raw(2);
        my $id = 'i' x $len;
        my $seen = $len <= 62 ? "11$id" : $id;
        $client->send(submit_pdu(1) . submit_pdu(2));
        $nodes[0]->answer($nodes[0]->read, 0, "other\0");
        is($client->read->{body}, "10other\0", 'an id of the other node');
        $nodes[1]->answer($nodes[1]->read, 0, "$id\0" . tlv(0x1400, 'more'));
        is($client->read->{body}, "$seen\0" . tlv(0x1400, 'more'),
           $len <= 62 ? 'gets a tag' : 'passes as it is');
        for my $what (sort keys %make) {
            $client->send($make{$what}->(3, $seen));
            my $got = serve($nodes[1], $what, 0, $what eq 'query_sm' ? "$id\0\0\2\0" : '',
                            "$what reaches its node");
            like($got->{body}, qr/(?:^|\0)$id\0/, 'with the node\'s id');
            my $resp = $client->read;
            is($resp->{body}, $what eq 'query_sm' ? "$seen\0\0\2\0" : '', 'and its answer the client');
        }
        my $text = "id:$id sub:001 dlvrd:001 stat:DELIVRD err:000 text:";
        $nodes[1]->send(pdu('deliver_sm', 0, 5, receipt($text) . tlv(0x1E, "$id\0")));
        is($client->read->{body}, receipt("id:$seen sub:001 dlvrd:001 stat:DELIVRD err:000 text:")
               . tlv(0x1E, "$seen\0"), 'its receipt has the id that the client knows');
        is($plex->counters->{ids_unknown}, 0, 'nobody had to be asked in turn');
        $_->close for $client, @nodes;
        $plex->is_good;
    };
}

# The body of a receipt.
sub receipt {
    my ($text, $coding, $esm) = @_;
    return pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', '', 1, 1, '46701', 1, 1, 'raw', $esm // 4, 0, 0, '', '',
                0, 0, $coding // 0, 0, $text);
}

sub wide { return join '', map { "\0$_" } split //, $_[0] }

subtest 'receipts in every dress' => sub {
    my ($plex, $client, @nodes) = raw(2);
    my $node = $nodes[1];
    my ($old, $new) = map { "$_ sub:001 dlvrd:001 submit date:2611230101 done date:2611230102 "
                            . 'stat:DELIVRD err:000 text:hello' } 'id:77', 'id:1177';
    my $data = sub { pack('Z*CCZ*CCZ*CCC', '', 1, 1, '46701', 1, 1, 'raw', $_[0], 0, 0) };
    my $udh = "\6\5\4\1\2\3\4";
    my $full = $old . 'x' x (254 - length $old);
    my @cases = (
        ['text', 'deliver_sm', receipt($old), receipt($new)],
        ['upper case, id last', 'deliver_sm', receipt('STAT:DELIVRD ID:77'),
         receipt('STAT:DELIVRD ID:1177')],
        ['UCS-2', 'deliver_sm', receipt(wide($old), 8), receipt(wide($new), 8)],
        ['behind a UDH', 'deliver_sm', receipt($udh . $old, 0, 0x44), receipt($udh . $new, 0, 0x44)],
        ['message_payload', 'deliver_sm', receipt('') . tlv(0x424, $old) . tlv(0x1401, 'v'),
         receipt('') . tlv(0x424, $new) . tlv(0x1401, 'v')],
        ['UCS-2 in message_payload', 'deliver_sm', receipt('', 8) . tlv(0x424, wide $old),
         receipt('', 8) . tlv(0x424, wide $new)],
        ['the TLV alone', 'deliver_sm', receipt('') . tlv(0x1E, "77\0") . tlv(0x427, "\2"),
         receipt('') . tlv(0x1E, "1177\0") . tlv(0x427, "\2")],
        ['a TLV without a NUL, and a text', 'deliver_sm', receipt($old) . tlv(0x1E, '77'),
         receipt($new) . tlv(0x1E, '1177')],
        ['hexadecimal in one, decimal in the other', 'deliver_sm',
         receipt($old) . tlv(0x1E, "4d\0"), receipt($new) . tlv(0x1E, "114d\0")],
        ['a data_sm', 'data_sm', $data->(4) . tlv(0x424, $old) . tlv(0x1E, "77\0"),
         $data->(4) . tlv(0x424, $new) . tlv(0x1E, "1177\0")],
        ['an intermediate notification', 'deliver_sm', receipt($old, 0, 0x20),
         receipt($new, 0, 0x20)],
        ['a text of 254 octets loses from its text: field', 'deliver_sm', receipt($full),
         receipt(substr $full =~ s/id:77/id:1177/r, 0, 254)],
        ['a message that only looks like one', 'deliver_sm', receipt($old, 0, 0),
         receipt($old, 0, 0)],
        ['a binary text', 'deliver_sm', receipt($old, 2), receipt($old, 2)],
        ['no id at all', 'deliver_sm', receipt('stat:DELIVRD'), receipt('stat:DELIVRD')],
    );
    my $rewritten = 0;
    for my $case (@cases) {
        my ($name, $command, $sent, $expected) = @$case;
        $rewritten += $sent ne $expected;
        $node->send(pdu($command, 0, 7, $sent));
        my $got = $client->read;
        is($got && unpack('H*', $got->{body}), unpack('H*', $expected), $name);
        is($got && $got->{command}, cmd($command), 'the command stays');
        $client->answer($got, 0, "\0") if $got;
        is($node->read->{number}, 7, 'and it is answered');
    }
    is($plex->counters->{receipts_tagged}, $rewritten, "$rewritten are counted");
    $_->close for $client, @nodes;
    $plex->is_good;
};

subtest 'learn: other spellings of an id find its node too' => sub {
    my ($plex, $client, @nodes) = raw(2, 'message-id' => 'learn');
    $client->send(submit_pdu(1) . submit_pdu(2));
    $nodes[0]->answer($nodes[0]->read, 0, "0000BEEF\0");
    $nodes[1]->answer($nodes[1]->read, 0, "0000000255\0");
    is_deeply([sort map { $client->read->{body} } 1 .. 2], ["0000000255\0", "0000BEEF\0"],
              'both pass as they are');
    my %where = ('beef' => 0, '48879' => 0, 'FF' => 1, '255' => 1, '000ff' => 1);
    for my $id (sort keys %where) {
        $client->send(query_pdu(3, $id));
        serve($nodes[$where{$id}], 'query_sm', 0, "$id\0\0\2\0", "$id is of node $where{$id}");
        is($client->read->{body}, "$id\0\0\2\0", 'nothing is rewritten');
    }
    $_->close for $client, @nodes;
    $plex->is_good;
};

done_testing();
