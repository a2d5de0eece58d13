#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# A node breaks, in every way that smppsim knows: each request still gets its
# one response, and moves to another node where it must.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Test;

my %quick = (reconnect => '100ms', 'reconnect-max' => '300ms', 'enquire-link' => '300ms',
             'enquire-timeout' => '700ms');

sub plex_for {
    my ($sim, $farm, $listener) = @_;
    my @nodes = map { [$_, $sim->addr($_)] } grep { $_ ne 'control' } @{$sim->{names}};
    return start_plex(conf => conf_text(farm => {%quick, %{$farm // {}}}, nodes => \@nodes,
                                        listener => $listener));
}

# fault => [is the link lost, does what is open move]
my %faults = (
    'hang' => [1, 1],
    'close' => [1, 0],
    'reset' => [1, 0],
    'reset-mid' => [1, 0],
    'garbage' => [1, 0],
    'unbind' => [1, 0],
    'stop-reading' => [1, 1],
    'silent-enquire' => [0, 0],     # what else it says is life
    'refuse-port' => [0, 0],        # no link is touched
    'trickle' => [0, 0],
    'slow-reader 20000' => [0, 0],
);
for my $fault (sort keys %faults) {
    my ($lost, $moved) = @{$faults{$fault}};
    subtest "fault $fault under load" => sub {
        my $sim = start_sim(map { "$_=0,latency=exp:10ms" } qw(a b c));
        my $plex = plex_for($sim, {'enquire-timeout' => $lost ? '700ms' : '20s'});
        my $load = start_load('-t', $plex->addr, '-c', 4, '-d', '300s', '-w', 10, '-r', 3000,
                              '--mark', '--timeout', '60s');
        eventually('messages flow', sub { ($sim->shares->{a} // 0) > 200 }, 10);
        $sim->control("a $fault");
        if ($lost) {
            eventually('the links are lost', sub { $plex->counters->{links_lost} >= 4 }, 10);
        } else {
            my $mark = $sim->messages;
            wait_for(0.5, sub { $sim->messages > $mark + 3000 });   # as many as pass
        }
        $sim->control('a heal');
        my $report = $load->stop(120);
        is($report->{accepted}, $report->{sent}, 'every message is accepted');
        is($report->{unanswered} + $report->{duplicate_responses}
               + $report->{unexpected_responses}, 0, 'each has one response');
        my $counters = $plex->counters;
        cmp_ok($counters->{moved}, '>', 0, 'what was open has moved') if $moved;
        is($counters->{links_lost}, 0, 'no link was lost') if !$lost;
        is($counters->{moved}, 0, 'nothing has moved') if !$lost;
        my %seen;
        $seen{$_->[10] =~ s/.*(6c6f61642d(?:3.)+).*/$1/r}++ for $sim->messages;
        is(scalar(keys %seen), $report->{sent}, 'each is in a node\'s log');
        my $twice = grep { $_ > 1 } values %seen;
        cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice twice: no more than were in doubt");
        $plex->is_good;
        drop($sim);
    };
}

subtest 'silent-enquire on an idle link: it is lost, and bound again' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for($sim);
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a silent-enquire');
    eventually('lost', sub { $plex->log_text =~ m{c\d+/a: lost reason="enquire_link unanswered"} });
    $sim->control('a heal');
    eventually('bound again', sub { $plex->log_text =~ /bound to node=a/ });
    $client->send(join '', map { submit_pdu($_) } 1 .. 4);
    is(scalar(grep { $_->{status} == 0 } map { $client->read_until('submit_sm_resp') } 1 .. 4), 4,
       'the client has heard of nothing');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'hang-responses: a live node is waited for, until response-timeout' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim, {'response-timeout' => '1s'});
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a hang-responses');
    my $begin = time;
    $client->send(submit_pdu(3));
    my $resp = $client->read_until('submit_sm_resp', 20);
    is_deeply($resp && [@$resp{qw(status number)}], [status('RSYSERR'), 3], 'ESME_RSYSERR');
    cmp_ok(time - $begin, '>=', 0.95, 'it had its time');
    is($plex->counters->{links_lost}, 0, 'the link is there');
    is($plex->counters->{expired_up}, 1, 'it is counted');
    $sim->control('a heal');
    $client->send(submit_pdu(4));
    is($client->read_until('submit_sm_resp')->{status}, 0, 'the next one is answered');
    $client->close;
    $plex->is_good;
    drop($sim);
};

# Two raw nodes; sends ten requests and resets the one that got the first.
# Returns the client, the other node, the number of those that the lost one had.
sub lose_one {
    my ($redispatch, $more) = @_;
    my @doors = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => conf_text(
        farm => {redispatch => $redispatch, 'message-id' => 'learn', reconnect => '60s', 'reconnect-max' => '60s',
                 %{$more // {}}},
        nodes => [['a', $doors[0]->addr], ['b', $doors[1]->addr]]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } @doors;
    $client->read;
    $client->send(join '', map { submit_pdu($_, "message $_") } 1 .. 10);
    my @seen = map { $nodes[0]->read } 1 .. 5;
    $nodes[1]->answer($nodes[1]->read, 0, "b\0") for 1 .. 5;
    $client->read for 1 .. 5;
    $nodes[0]->reset;
    return ($plex, $client, $nodes[1], [map { $_->{body} } @seen]);
}

subtest 'redispatch = all: what was open goes to the other node, in order' => sub {
    my ($plex, $client, $other, $seen) = lose_one('all');
    my @again = map { $other->read } 1 .. 5;
    is_deeply([map { $_->{body} } @again], $seen, 'the same five, the oldest first');
    $other->answer($_, 0, "again\0") for @again;
    is(scalar(grep { $_ && $_->{body} eq "again\0" } map { $client->read } 1 .. 5), 5,
       'the client gets their responses');
    my $counters = $plex->counters;
    is_deeply([@$counters{qw(moved in_doubt answered_busy)}], [5, 5, 0], 'as counted');
    $_->close for $client, $other;
    $plex->is_good;
};

for my $redispatch (qw(unsent none)) {
    subtest "redispatch = $redispatch: what was written is answered at once" => sub {
        my ($plex, $client, $other) = lose_one($redispatch, {'busy-status' => 'ESME_RMSGQFUL'});
        my @resp = map { $client->read } 1 .. 5;
        is(scalar(grep { $_ && $_->{status} == status('RMSGQFUL') } @resp), 5, 'with busy-status');
        ok($other->silent(0.2), 'the other node sees none of it');
        is($plex->counters->{moved}, 0, 'nothing has moved');
        $_->close for $client, $other;
        $plex->is_good;
    };
}

subtest 'redispatch = unsent: what was never written moves' => sub {
    my @doors = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => conf_text(
        farm => {redispatch => 'unsent', reconnect => '60s', 'reconnect-max' => '60s'},
        nodes => [['a', $doors[0]->addr], ['b', $doors[1]->addr]]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } @doors;
    $client->read;
    # More than the sockets take, and a node that doesn't read.
    my $big = tlv(0x0424, 'x' x 60000);
    my $sent = 0;
    my $serve = sub {
        while ($nodes[1]->fill(time) || length $nodes[1]{in}) {
            my $got = $nodes[1]->read or last;
            $nodes[1]->answer($got, 0, "b\0");
        }
    };
    while ($sent < 200) {
        $client->send(submit_pdu(++$sent, '', $big)) or last;
        $serve->();
    }
    eventually('smpplex has them all', sub {
        $serve->();
        $plex->counters->{requests_up} == $sent;
    });
    $nodes[0]->reset;
    my ($answered, %status) = (0);
    wait_for(10, sub {
        $serve->();
        while ($client->fill(time) || length $client->{in}) {
            my $resp = $client->read or last;
            $status{$resp->{status}}++;
            $answered++;
        }
        return $answered == $sent;
    });
    is($answered, $sent, "each of $sent is answered");
    my $counters = $plex->counters;
    cmp_ok($counters->{moved}, '>', 0, "$counters->{moved} have moved");
    is($counters->{in_doubt}, 0, 'none of them was in doubt');
    cmp_ok($counters->{answered_busy}, '>', 0, "$counters->{answered_busy} were refused");
    is($status{status('RTHROTTLED')}, $counters->{answered_busy}, 'with busy-status');
    $_->close for $client, $nodes[1];
    $plex->is_good;
};

subtest 'redispatch-max: no message goes round for ever' => sub {
    my $door = Smpplex::Peer->listen;
    my $plex = start_plex(conf => conf_text(
        farm => {%quick, 'redispatch-max' => 2, 'queue-timeout' => '10s'},
        nodes => [['a', $door->addr]]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my $node = $door->accept_bind;
    $client->read;
    $client->send(submit_pdu(8));
    for my $round (1 .. 3) {
        my $got = $node->read_until('submit_sm');
        ok($got, "sent for the " . (qw(first second third))[$round - 1] . ' time');
        $node->reset;
        $node = $door->accept_bind or last;
    }
    my $resp = $client->read;
    is_deeply($resp && [@$resp{qw(status number)}], [status('RTHROTTLED'), 8], 'then refused');
    $_->close for $client, $node;
    $plex->is_good;
};

subtest 'all nodes down: queue-timeout, then busy-status; after grace the client is unbound' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for($sim, {'queue-timeout' => '3s', grace => '6s', 'busy-status' => '0x14'},
                        {hold => '2KiB'});
    my $client = Smpplex::Peer->bound($plex->addr);
    for my $node (qw(a b)) {
        $sim->control("$node refuse-port");
        $sim->control("$node close");
    }
    eventually('both are lost', sub { $plex->counters->{links_lost} == 2 });
    my $begin = time;
    # More than hold: the client isn't read any more, and is again after queue-timeout.
    $client->send(join '', map { submit_pdu($_) } 1 .. 100);
    eventually('more than hold waits', sub { $plex->counters->{held} == 100 });
    $client->send(pdu('enquire_link', 0, 101));
    my @resp = map { $client->read_until('submit_sm_resp') } 1 .. 100;
    is(scalar(grep { $_ && $_->{status} == 0x14 } @resp), 100, 'each gets busy-status');
    cmp_ok($resp[0]{at} - $begin, '>=', 2.95, 'after queue-timeout') if $resp[0];
    my $resp = $client->read_until('enquire_link_resp', 3);
    ok($resp, 'the enquire_link behind them is answered');
    my $unbind = $client->read_until('unbind', 10);
    ok($unbind, 'after grace the client is unbound');
    $client->answer($unbind) if $unbind;
    ok($client->is_closed, 'and closed');
    eventually('with its reason', sub { $plex->log_text =~ /reason="no node came back in time"/ });
    $plex->is_good;
    drop($sim);
};

subtest 'nodes back within grace: what was held goes out' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for($sim, {'queue-timeout' => '120s', grace => '120s'});
    my $client = Smpplex::Peer->bound($plex->addr);
    for my $node (qw(a b)) {
        $sim->control("$node refuse-port");
        $sim->control("$node close");
    }
    eventually('both are lost', sub { $plex->counters->{links_lost} == 2 });
    $client->send(join '', map { submit_pdu($_, "m$_") } 1 .. 50);
    eventually('held', sub { $plex->counters->{held} == 50 });
    $client->send(pdu('enquire_link', 0, 51));
    is($client->read->{number}, 51, 'the client\'s enquire_link is answered meanwhile');
    $sim->control('b listen');
    my @resp = map { $client->read } 1 .. 50;
    is_deeply([map { "$_->{number} $_->{status}" } @resp], [map { "$_ 0" } 1 .. 50],
              'all are accepted');
    is_deeply([map { pack 'H*', $_->[10] } $sim->messages('b')], [map { "m$_" } 1 .. 50],
              'in their order');
    $client->close;
    $plex->is_good;
    drop($sim);
};

done_testing();
