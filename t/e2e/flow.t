#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Windows, holding and slow readers: nothing grows without bound, and who is
# slow delays nobody else.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

sub plex_for {
    my ($farm, $listener, @addrs) = @_;
    my $n = 0;
    return start_plex(conf => conf_text(farm => $farm, listener => $listener,
                                        nodes => [map { ['n' . ++$n, $_] } @addrs]));
}

# A raw client and its raw node behind a smpplex.
sub raw_pair {
    my ($farm, $listener, %client) = @_;
    my $door = Smpplex::Peer->listen;
    my $plex = plex_for($farm, $listener, $door->addr);
    my $client = Smpplex::Peer->connect($plex->addr, %client);
    $client->send(bind_pdu('transceiver', 1));
    my $node = $door->accept_bind;
    $client->read;
    return ($plex, $client, $node);
}

sub deliver_pdu { return pdu('deliver_sm', 0, $_[0], Smpplex::Peer::message_body($_[1])) }

subtest 'the window of a link limits what is open at the node; the rest waits in order' => sub {
    my ($plex, $client, $node) = raw_pair({window => 3}, {});
    $client->send((join '', map { submit_pdu($_, "m$_") } 1 .. 10) . pdu('enquire_link', 0, 11));
    my @open = map { $node->read } 1 .. 3;
    ok($node->silent(0.1), 'three are open, not four');
    is($client->read->{number}, 11, 'the enquire_link behind what waits is answered');
    is($plex->counters->{held}, 7, 'seven wait');
    my @order;
    while (my $got = shift @open) {
        push @order, $got->{body} =~ /(m\d+)\z/;
        $node->answer($got, 0, "x\0");
        push @open, grep { $_ } $node->read if @order + @open < 10;
    }
    is_deeply(\@order, [map { "m$_" } 1 .. 10], 'all go, in order');
    is(scalar(grep { $client->read->{status} == 0 } 1 .. 10), 10, 'and are answered');
    $_->close for $client, $node;
    $plex->is_good;
};

subtest 'smppsim never sees more than the window' => sub {
    my $sim = start_sim(map { "$_=0,latency=5ms,window=7" } qw(a b));
    my $plex = plex_for({window => 7}, {}, map { $sim->addr($_) } qw(a b));
    my $report = run_load('-t', $plex->addr, '-n', 5000, '-w', 100);
    is($report->{accepted}, 5000, 'none is throttled');
    cmp_ok($plex->counters->{held}, '>', 1000, 'most had to wait');
    $plex->is_good;
    drop($sim);
};

subtest 'hold: beyond it the client is not read, and memory stays bounded' => sub {
    my ($plex, $client, $node) = raw_pair({window => 1}, {hold => '64KiB'});
    my $big = tlv(0x0424, 'x' x 5000);
    my $sent = 0;
    $sent++ while $sent < 20000 && $client->send(submit_pdu($sent + 1, '', $big), 0.7);
    cmp_ok($sent, '<', 20000, "the client can send no more after $sent");
    my $counters = $plex->counters;
    cmp_ok($counters->{memory}, '<', 1 << 20, "$counters->{memory} octets are kept");
    cmp_ok($counters->{requests_up}, '<', 60, "of $counters->{requests_up} requests");
    # It goes on where the node does.
    my $seen = 0;
    while ($seen < $counters->{requests_up} + 10) {
        my $got = $node->read or last;
        $node->answer($got, 0, "x\0");
        $seen++;
    }
    is($seen, $counters->{requests_up} + 10, 'with the node\'s answers it is read again');
    $_->reset for $client, $node;
    $plex->is_good;
};

subtest 'the client\'s window: never more than two unanswered' => sub {
    my ($plex, $client, $node) = raw_pair({}, {window => 2});
    $node->send(join '', map { deliver_pdu($_, "d$_") } 1 .. 20);
    my (@open, @order);
    for (1 .. 20) {
        push @open, grep { $_ } $client->read(1) while @open < 2 && @order + @open < 20;
        ok($client->silent(0.02), 'no third one') if @order < 3;
        my $got = shift @open;
        push @order, $got->{body} =~ /(d\d+)\z/;
        $client->answer($got, 0, "\0");
    }
    is_deeply(\@order, [map { "d$_" } 1 .. 20], 'all come, in the node\'s order');
    is_deeply([map { $node->read->{number} } 1 .. 20], [1 .. 20], 'each is answered');
    $_->close for $client, $node;
    $plex->is_good;
};

subtest 'deliver_sm unanswered: ESME_RX_T_APPN to the node, and the next ones come' => sub {
    my ($plex, $client, $node) = raw_pair({}, {window => 2, 'response-timeout' => '3s'});
    $node->send(join '', map { deliver_pdu($_, "d$_") } 1 .. 4);
    my @got = map { $client->read } 1 .. 2;
    my @resp = map { $node->read } 1 .. 2;
    is_deeply([map { "$_->{number} $_->{status}" } grep { $_ } @resp], ['1 100', '2 100'],
              'the node is told to keep them');
    push @got, map { $client->read(2) } 1 .. 2;
    is(scalar(grep { $_ } @got), 4, 'the client gets what waited behind them');
    $client->answer($got[0], 0, "\0");
    $client->answer($got[3], 0, "\0") if $got[3];
    my $late = $node->read;
    is($late && "$late->{number} $late->{status}", '4 0', 'an answer in time passes');
    is($plex->counters->{unexpected_responses}, 1, 'one that is late doesn\'t');
    $_->close for $client, $node;
    $plex->is_good;
};

subtest 'deliver_sm open when the client leaves: the node is told to keep them' => sub {
    my ($plex, $client, $node) = raw_pair({}, {window => 2});
    $node->send(join '', map { deliver_pdu($_, "d$_") } 1 .. 5);
    $client->read for 1 .. 2;
    $client->reset;
    my %resp = map { $_->{number} => $_->{status} }
        grep { $_ && $_->{command} == cmd('deliver_sm_resp') } map { $node->read } 1 .. 5;
    is_deeply(\%resp, {map { $_ => status('RX_T_APPN') } 1 .. 5}, 'all five of them');
    is($node->read->{command}, cmd('unbind'), 'before the unbind');
    $node->close;
    $plex->is_good;
};

subtest 'a client that does not read stalls nobody else, nor loses its links' => sub {
    my $sim = start_sim('a=0,mo-window=5000', 'b=0,mo-window=5000');
    my $plex = plex_for({'enquire-link' => '300ms', 'enquire-timeout' => '3s',
                         'response-timeout' => '3s'}, {hold => '4KiB', window => 5000},
                        map { $sim->addr($_) } qw(a b));
    my $slow = Smpplex::Peer->bound($plex->addr, id => 'slow', rcvbuf => 4096);
    my $mo = 30000;
    $sim->control("$_ mo $mo slow") for qw(a b);
    my ($last, $same) = (-1, 0);
    wait_for(10, sub {
        my $now = $plex->counters->{requests_down};
        $same = $now == $last ? $same + 1 : 0;
        $last = $now;
        sleep 0.05;
        return $same > 10;
    });
    cmp_ok($last, '<', 2 * $mo, "after $last of them the nodes are not read any more");
    my $begun = time;
    my $report = run_load('-t', $plex->addr, '-n', 5000, '-w', 50, '--receipts');
    is($report->{accepted}, 5000, 'another client\'s messages pass');
    is($report->{receipts}{missing}, 0, 'and its receipts');
    cmp_ok($report->{latency_ms}{max}, '<', 250 * slow_machine() + stalled_ms($begun), 'without delay');
    sleep 4;        # longer than enquire-link and enquire-timeout
    my $counters = $plex->counters;
    is($counters->{links_lost}, 0, 'the nodes are not blamed');
    cmp_ok($plex->rss, '<', 40_000, 'memory: ' . $plex->rss . ' KiB') if !sanitized();
    my $got = 0;
    my $until = time + 20 * slow_machine();
    while (time < $until && $got < 6000) {
        my $pdu = $slow->read or last;
        next if $pdu->{command} != cmd('deliver_sm');
        $slow->answer($pdu, 0, "\0");
        $got++;
    }
    is($got, 6000, 'read again, it gets its messages');
    $slow->reset;
    $plex->is_good;
    drop($sim);
};

subtest 'the order of what one node sends is kept' => sub {
    my ($plex, $client, $node) = raw_pair({}, {window => 3});
    my $n = 2000;
    $node->send(join '', map { deliver_pdu($_, sprintf 'o%05d', $_) } 1 .. $n);
    my @order;
    while (@order < $n) {
        my $got = $client->read or last;
        push @order, $got->{body} =~ /(o\d+)\z/;
        $client->answer($got, 0, "\0");
    }
    is(join(' ', @order), join(' ', map { sprintf 'o%05d', $_ } 1 .. $n), "$n in order");
    $_->close for $client, $node;
    $plex->is_good;
};

subtest 'an alert_notification does not overtake what waits' => sub {
    my ($plex, $client, $node) = raw_pair({}, {window => 1});
    $node->send(deliver_pdu(1, 'first') . deliver_pdu(2, 'second')
                . pdu('alert_notification', 0, 3, "\1\1src\0\1\1esme\0"));
    my $first = $client->read;
    like($first->{body}, qr/first/, 'the first delivery comes');
    ok($client->silent(0.3), 'and nothing else while it is open');
    $client->answer($first, 0, "\0");
    my $second = $client->read;
    like($second->{body}, qr/second/, 'then the second');
    my $alert = $client->read;
    is($alert->{command}, cmd('alert_notification'), 'and the notification behind it');
    $client->answer($second, 0, "\0");
    is($plex->counters->{notifications_down}, 1, 'it is counted');
    $_->close for $client, $node;
    $plex->is_good;
};

done_testing();
