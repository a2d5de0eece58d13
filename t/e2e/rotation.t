#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Which node takes the next message: every balance rule, weights, backups.
use strict;
use warnings;
use Test::More;

use Smpplex::Peer;
use Smpplex::Test;

sub trio {
    my ($keys) = @_;
    return start_sim(map { "$_=0" . ($keys ? ",$keys" : '') } qw(a b c));
}

# Nodes a, b, c of a simulator with the keys given for each.
sub plex_of {
    my ($sim, $farm, %keys) = @_;
    my @nodes = map { [$_, $sim->addr($_), %{$keys{$_} // {}}] }
        grep { $_ ne 'control' } @{$sim->{names}};
    return start_plex(conf => conf_text(farm => $farm, nodes => \@nodes));
}

subtest 'the messages of one client go to three equal nodes in rotation' => sub {
    my $sim = trio();
    my $plex = plex_of($sim);
    my $report = run_load('-t', $plex->addr, '-n', 30000, '-w', 50);
    is($report->{accepted}, 30000, 'all are accepted');
    is_deeply($sim->shares, {a => 10000, b => 10000, c => 10000}, '10,000 at each node');
    note("$report->{accepted_per_s} a second");

    my $before = $sim->messages;
    run_load('-t', $plex->addr, '-n', 3000, '-w', 1);
    my @nodes = map { $_->[0] } ($sim->messages)[$before .. $before + 2999];
    my %after;
    my $wrong = grep { my $next = $after{$nodes[$_ - 1]} //= $nodes[$_]; $next ne $nodes[$_] }
        1 .. $#nodes;
    is($wrong, 0, 'one behind the other: each node is always followed by the same one');
    is(scalar(keys %after), 3, 'and each is met');
    $plex->is_good;
    drop($sim);
};

subtest 'weights 3:2:1 share 30,000 messages as 15,000, 10,000 and 5,000' => sub {
    my $sim = trio();
    my $plex = plex_of($sim, {}, a => {weight => 3}, b => {weight => 2}, c => {weight => 1});
    my $report = run_load('-t', $plex->addr, '-n', 30000, '-w', 50);
    is($report->{accepted}, 30000, 'all are accepted');
    is_deeply($sim->shares, {a => 15000, b => 10000, c => 5000}, 'the shares are exact');
    $plex->is_good;
    drop($sim);
};

subtest 'weight 0 takes no messages, but what it sends comes' => sub {
    my $sim = trio();
    my $plex = plex_of($sim, {}, c => {weight => 0});
    my $load = start_load('-t', $plex->addr, '-d', '300s', '-r', 1000, '-w', 10);
    eventually('messages flow', sub { $sim->messages > 100 });
    is($sim->stats('c')->{binds}, 1, 'the node without weight is bound too');
    $sim->control('c mo 50');
    eventually('its 50 messages are answered', sub { $sim->stats('c')->{mo_answered} == 50 });
    eventually('messages flow on', sub { $sim->messages > 2000 });
    my $report = $load->stop;
    my $n = $sim->shares;
    is($n->{c}, undef, 'its share is nothing');
    cmp_ok(abs($n->{a} - $n->{b}), '<=', 1, "that of the others is even: $n->{a}, $n->{b}");
    is($report->{mo}, 50, 'its messages have reached the client');
    $plex->is_good;
    drop($sim);
};

subtest 'a backup serves only when no other node is up' => sub {
    my $sim = trio();
    my $plex = plex_of($sim, {reconnect => '100ms', 'reconnect-max' => '200ms'},
                       c => {backup => 'true'});
    is(run_load('-t', $plex->addr, '-n', 1000)->{accepted}, 1000, 'all nodes up');
    is_deeply($sim->shares, {a => 500, b => 500}, 'the backup has none');
    $sim->control("$_ refuse-port") for qw(a b);
    $sim->control("$_ close") for qw(a b);
    is(run_load('-t', $plex->addr, '-n', 1000)->{accepted}, 1000, 'both others down');
    is($sim->shares->{c}, 1000, 'the backup takes all');
    my $client = Smpplex::Peer->bound($plex->addr);
    my $bound = $plex->counters->{links_bound};
    $sim->control('a listen');
    links_are_bound($plex, $bound + 1, 'a is bound again without a bind of the client\'s');
    my $had = $sim->shares->{c};
    for my $n (1 .. 20) {
        $client->send(submit_pdu($n));
        $client->read;
    }
    is($sim->shares->{c}, $had, 'and the backup has none again');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a session that reaches only a backup uses it, though others reach more' => sub {
    my $sim = start_sim('a=0,max-binds=1', 'b=0');
    my $plex = plex_of($sim, {'queue-timeout' => '1s'}, b => {backup => 'true'});
    my $first = Smpplex::Peer->bound($plex->addr);
    my $second = Smpplex::Peer->bound($plex->addr);
    $second->send(submit_pdu(2));
    my $resp = $second->read(6);
    is($resp && $resp->{status}, 0, 'its message is accepted');
    is_deeply($sim->shares, {b => 1}, 'by the backup');
    $_->close for $first, $second;
    $plex->is_good;
    drop($sim);
};

subtest 'where no bound node takes messages they are refused, not kept for ever' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_of($sim, {'queue-timeout' => '300ms'}, b => {weight => 0});
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a refuse-port');
    $sim->control('a close');
    eventually('the node that takes messages is lost', sub { $plex->counters->{links_lost} == 1 });
    $client->send(submit_pdu(7));
    my $resp = $client->read(5);
    is($resp && $resp->{status}, status('RTHROTTLED'), 'busy-status after queue-timeout');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'least-pending prefers the faster node' => sub {
    my $sim = start_sim('a=0,latency=1ms', 'b=0,latency=40ms');
    my $plex = plex_of($sim, {balance => 'least-pending'});
    my $report = run_load('-t', $plex->addr, '-n', 4000, '-w', 40);
    is($report->{accepted}, 4000, 'all are accepted');
    my $n = $sim->shares;
    my $times = sanitized() ? 1 : 3;
    cmp_ok($n->{a}, '>', $times * $n->{b}, 'the faster one gets much more');
    cmp_ok($n->{b}, '>', 0, 'the slower one some');
    note("fast $n->{a}, slow $n->{b}");
    run_load('-t', $plex->addr, '-n', 4000, '-c', 40, '-w', 1);
    my %more = map { $_ => $sim->shares->{$_} - $n->{$_} } qw(a b);
    cmp_ok($more{a}, '>', $times * $more{b}, "so it is over 40 connections: $more{a}, $more{b}");
    $plex->is_good;
    drop($sim);
};

subtest 'several accounts that send in step do not meet the same node' => sub {
    my $sim = trio();
    my $plex = plex_of($sim, {});
    my @clients = map { Smpplex::Peer->bound($plex->addr, id => "account$_") } 1 .. 12;
    for my $client (@clients) {
        $client->send(submit_pdu(5));
        is($client->read->{status}, 0, 'accepted');
    }
    my $n = $sim->shares;
    cmp_ok($n->{$_} // 0, '>=', 3, "$_ has its part of the first messages") for qw(a b c);
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'a node whose window is full is passed over, and the others take turns' => sub {
    my $sim = start_sim('a=0,latency=60s', 'b=0', 'c=0');
    my $plex = plex_of($sim, {window => 1});
    my $client = Smpplex::Peer->bound($plex->addr);
    my $send = sub { my ($n) = @_; $client->send(submit_pdu($n)); return $client->read(10) };

    # two rounds: the window of a is full for sure, wherever the account's turns begin
    $client->send(submit_pdu($_)) for 1 .. 6;
    my %answered = map { $_->{number} => 1 } grep { defined } map { $client->read(10) } 1 .. 5;
    is(scalar keys %answered, 5, 'one of six is at a, which does not answer');
    my $before = $sim->messages;
    for my $n (11 .. 30) {
        my $resp = $send->($n);
        is($resp && $resp->{status}, 0, "message $n is accepted") or last;
    }
    my $nodes = join '', map { $_->[0] } ($sim->messages)[$before .. $before + 19];
    # the first may level what the six have left
    like($nodes, qr/\A..(?:bc){9}\z|\A..(?:cb){9}\z/, "strictly in turn: $nodes");
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'many that send in bursts share the nodes evenly' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = start_plex(conf => conf_text(top => {workers => 1},
        nodes => [map { [$_, $sim->addr($_)] } qw(a b)]));
    my @clients = map { Smpplex::Peer->bound($plex->addr) } 1 .. 8;
    my $burst = sub {
        my %n = @_;
        $clients[$_]->send(join '', map { submit_pdu($_) } 1 .. $n{$_}) for keys %n;
        for my $client (keys %n) { $clients[$client]->read(10) for 1 .. $n{$client} }
    };

    for my $round (1 .. 40) {
        $burst->(map { $_ => 1 } 0 .. 7);
        $burst->(map { $_ => $_ == 0 ? 40 : 2 } 0 .. 7);
    }
    my $n = $sim->shares;
    is($n->{a} + $n->{b}, 40 * (8 + 54), 'all were taken');
    cmp_ok(abs($n->{a} - $n->{b}), '<=', 3 * 64, "evenly but for a turn: $n->{a}, $n->{b}");
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'a session that has one node alone is served, whatever others have sent there' => sub {
    my $sim = start_sim('a=0,max-binds=4', 'b=0');
    my $plex = start_plex(conf => conf_text(top => {workers => 1}, farm => {window => 1000},
                                            nodes => [map { [$_, $sim->addr($_)] } qw(a b)]));
    my @both = map { Smpplex::Peer->bound($plex->addr) } 1 .. 4;
    links_are_bound($plex, 8, 'four sessions have both nodes');
    my $one = Smpplex::Peer->bound($plex->addr);
    my ($answered, $number) = (0, 1);
    my $burst = sub {
        my ($n, @clients) = @_;
        $_->send(join '', map { submit_pdu($number++) } 1 .. $n) for @clients;
        for my $client (@clients) { $client->read(10) for 1 .. $n }
    };

    for my $round (1 .. 30) {
        $burst->(1 + ($round * $_) % 9, @both) for 1 .. 4;
        $burst->(100 + $round * 37 % 150, $both[$round % 4]);
        $one->send(submit_pdu($number++));
        my $resp = $one->read(10) or last;
        $answered += $resp->{status} == 0;
    }
    is($answered, 30, 'each of its messages is accepted');
    $_->close for @both, $one;
    $plex->is_good;
    drop($sim);
};

done_testing();
