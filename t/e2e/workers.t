#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Several workers: an account lives on one of them, wherever its clients'
# connections come to, and nobody notices.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Test;

my $WORKERS = 4;
my @names = qw(a b c d);

sub conf_for {
    my ($sim, %given) = @_;
    my $weight = $given{weight} // {};
    return conf_text(top => {workers => $WORKERS, %{$given{top} // {}}}, farm => $given{farm},
                     listener => $given{listener},
                     nodes => [map { [$_, $sim->{$_}->addr($_), tag => "${_}0",
                                      weight => $weight->{$_} // 1] } @{$given{names} // \@names}]);
}

# The same smppsim for all nodes.
sub plex_for {
    my ($sim, %given) = @_;
    my @mine = grep { defined $sim->addr($_) } @names;
    return start_plex(conf => conf_for({map { $_ => $sim } @mine}, names => \@mine, %given));
}

# What each worker counts now.
sub by_worker {
    my ($plex) = @_;
    $plex->counters;
    my @lines = $plex->log_text =~ /worker\d+: counts ([^\n]*)\n/g;
    return map { +{map { split /=/ } split ' ', $_} } @lines[-$WORKERS .. -1];
}

sub sum {
    my ($key, @of) = @_;
    my $sum = 0;
    $sum += $_->{$key} for @of;
    return $sum;
}

subtest '40 accounts: each on one worker, and each worker has its part of them' => sub {
    my $sim = start_sim(map { "$_=0" } @names);
    my $plex = plex_for($sim);
    my $load = start_load('-t', $plex->addr, '-c', 120, '-a', 40, '-n', 20_000, '-w', 20,
                          '--receipts', '--id-check', '--long', 30, '--parts-over', 'several',
                          '--query', 500, '--idle', '600s');
    eventually('all have bound', sub { $plex->counters->{sessions_bound} == 120 }, 10);
    my @workers = by_worker($plex);
    is(sum('sessions', @workers), 120, '120 sessions');
    is(sum('accounts', @workers), 40, 'of 40 accounts: none is on two workers');
    # What counts is sessions and accounts at the moment at which an account begins.
    is(scalar(grep { $_->{accounts} >= 5 && $_->{accounts} <= 16 } @workers), $WORKERS,
       'spread over all: ' . join ' ', map { $_->{accounts} } @workers);
    cmp_ok(sum('sessions_moved', @workers), '>', 40, 'many were handed over: '
           . sum('sessions_moved', @workers));
    is(sum('sessions_accepted', @workers), 120, 'each is accepted once');
    eventually('all is sent and answered, both ways', sub {
        my $counters = $plex->counters;
        $counters->{responses_up} == 20_500 && $counters->{responses_down} == 20_000;
    }, 30);
    my $report = $load->stop;
    is($report->{exit}, 0, 'smppload finds no fault');
    is($report->{accepted}, 20_000, 'every message is accepted');
    is($report->{unanswered} + $report->{duplicate_responses} + $report->{unexpected_responses}, 0,
       'each has one response');
    is_deeply([@{$report->{receipts}}{qw(expected received missing unknown_id duplicate)}],
              [20_000, 20_000, 0, 0, 0], 'each message has its receipt');
    @workers = by_worker($plex);
    is(scalar(grep { $_->{requests_up} > 1000 } @workers), $WORKERS, 'all of them have worked');
    is(sum('requests_up', @workers), $plex->counters->{requests_up}, 'the sum is the sum');
    eventually('no session and no account is left', sub {
        my @left = by_worker($plex);
        return !grep { sum($_, @left) } qw(sessions accounts memory);
    });
    $plex->is_good;
    like($plex->log_text, qr/counters sessions=0 linksets=0 memory=0/, 'nothing is left behind');
    drop($sim);
};

subtest 'an account that has ended may live elsewhere next time' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim);
    for my $round (1 .. 15) {
        my @clients = map { Smpplex::Peer->connect($plex->addr) } 1 .. 24;
        $clients[$_]->send(bind_pdu('transceiver', 1, 'x' . $_ % 3)) for 0 .. $#clients;
        my $bound = grep { my $resp = $_->read(10); $resp && $resp->{status} == 0 } @clients;
        is($bound, 24, "round $round: all are bound") if $bound != 24;
        $_->close for @clients;     # the next round's binds come while these end
    }
    eventually('all accounts are gone', sub {
        my @workers = by_worker($plex);
        return !sum('accounts', @workers) && !sum('sessions', @workers);
    });
    is($plex->counters->{sessions_bound}, 15 * 24, 'every bind was accepted');
    $plex->is_good;
    drop($sim);
};

# What a client hears when it sends this, byte by byte or at once: [command, number, status].
sub hears {
    my ($plex, $octets, $count, $apart) = @_;
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send($_) for $apart ? split(//, $octets) : $octets;
    my @heard = map { my $pdu = $client->read(10) or return ['nothing'];
                      [@$pdu{qw(command number status)}] } 1 .. $count;
    $client->send(submit_pdu(99));
    my $resp = $client->read(10);
    push @heard, [@$resp{qw(command number status)}] if $resp;
    push @heard, 'more' if length $client->{in};
    $client->close;
    return \@heard;
}

subtest 'what comes in front of the bind and behind it is handed over, in order' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim);
    my $alone = start_plex(conf => conf_text(nodes => [['a', $sim->addr('a')]],
                                             top => {workers => 1}));
    my $first = Smpplex::Peer->bound($plex->addr, id => 'acme');
    my @case = (
        ['a bind', bind_pdu('transceiver', 7, 'acme'), 1],
        ['enquire_links around it',
         pdu('enquire_link', 0, 1) . bind_pdu('transceiver', 2, 'acme') . pdu('enquire_link', 0, 3),
         3],
        ['requests that come too early', bind_pdu('transceiver', 2, 'acme') . submit_pdu(3)
         . bind_pdu('transceiver', 4, 'acme') . submit_pdu(5, 'x' x 100), 4],
        ['many of them', bind_pdu('transceiver', 2, 'acme')
         . join('', map { pdu('enquire_link', 0, $_) } 3 .. 3002), 3001],
    );
    for my $case (@case) {
        my ($name, $octets, $count) = @$case;
        my $right = hears($alone, $octets, $count);
        my $sorted = sub { [sort map { "@$_" } @{$_[0]}] };     # slow, the bind may be first
        my $moved = sum('sessions_moved', by_worker($plex));
        for my $apart (0, 1) {
            next if $apart && $count > 3;
            my @heard = map { hears($plex, $octets, $count, $apart) } 1 .. 16;
            my @wrong = grep {
                $apart ? !eq_array($sorted->($_), $sorted->($right)) : !eq_array($_, $right)
            } @heard;
            is(scalar @wrong, 0, "$name, " . ($apart ? 'byte by byte' : 'in one piece'))
                or diag(explain([$right, $wrong[0]]));
        }
        cmp_ok(sum('sessions_moved', by_worker($plex)), '>', $moved, 'some were handed over');
    }
    $first->close;
    $_->is_good for $plex, $alone;
    drop($sim);
};

subtest 'a bind that is cut, slow or wrong ends as it does with one worker' => sub {
    my $sim = start_sim('a=0,accounts=acme:secret');
    my $plex = plex_for($sim, listener => {'bind-timeout' => '3s'});
    my $first = Smpplex::Peer->bound($plex->addr, id => 'acme');
    for my $i (1 .. 12) {
        my $client = Smpplex::Peer->connect($plex->addr);
        $client->send(bind_pdu('transceiver', 3, 'acme', 'wrong'));
        my $resp = $client->read(10);
        is($resp && $resp->{status}, status('RINVPASWD'), 'a wrong password: the node\'s verdict')
            if $i == 1 || !$resp || $resp->{status} != status('RINVPASWD');
        ok($client->is_closed, 'and closed') if $i == 1 || !$client->is_closed;
    }
    cmp_ok(sum('sessions_moved', by_worker($plex)), '>', 0, 'some were handed over');
    my @slow = map { Smpplex::Peer->connect($plex->addr) } 1 .. 8;
    $_->send(substr bind_pdu('transceiver', 3, 'acme'), 0, 30) for @slow;
    is(scalar(grep { $_->is_closed(5) } @slow), 8, 'half a bind: closed after bind-timeout');
    $first->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a unix socket is served by all, and a port in use is found out' => sub {
    my $sim = start_sim('a=0');
    my $path = work_dir . '/plex.sock';
    my $plex = plex_for($sim, listener => {address => "unix:$path"});
    my @clients = map { Smpplex::Peer->bound("unix:$path", id => "x$_") } 1 .. 12;
    my @workers = by_worker($plex);
    is(scalar(grep { $_->{accounts} == 3 } @workers), $WORKERS, 'accounts are spread evenly');
    $_->close for @clients;
    $plex->is_good;
    ok(!-e $path, 'the socket is gone');
    my $tcp = plex_for($sim);
    my $second = eval { plex_for($sim, listener => {address => $tcp->addr}) };
    ok(!defined $second, 'a second smpplex does not get the same port');
    like($@, qr/cannot listen.*Address already in use/, 'and says why');
    $tcp->is_good;
    drop($sim);
};

subtest 'SIGTERM under load: everything is answered, the clients are unbound' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:20ms" } @names);
    my $plex = plex_for($sim);
    my $load = start_load('-t', $plex->addr, '-c', 40, '-a', 20, '-d', '60s', '-w', 20,
                          '--any-status');
    eventually('messages flow', sub { ($sim->shares->{a} // 0) > 500 });
    $plex->signal('TERM');
    is($plex->wait_end(30), 0, 'the exit status is 0');
    all_answered_once($load->wait_report, $sim);
    like($plex->log_text, qr/counters sessions=0 linksets=0 memory=0/, 'nothing is left behind');
    $plex->is_good;
    drop($sim);
};

subtest 'SIGTERM among binds: each is answered or closed' => sub {
    my $sim = start_sim('a=0');
    for my $round (1 .. 5) {
        my $plex = plex_for($sim);
        my @clients = map { Smpplex::Peer->connect($plex->addr) } 1 .. 40;
        $clients[$_]->send(bind_pdu('transceiver', 1, 'x' . $_ % 4)) for 0 .. $#clients;
        $plex->signal('TERM');
        my $silent = 0;
        for my $client (@clients) {
            my $resp = $client->read(10);
            $silent++ if !$resp && !$client->{closed};
            my $unbind = $client->read(10) if $resp && $resp->{status} == 0;
            $client->answer($unbind) if $unbind;
        }
        is($silent, 0, 'all of them hear');
        is($plex->wait_end(20), 0, 'it ends');
        $plex->is_good;
    }
    drop($sim);
};

# Accounts by their hundreds, nodes that die and come back, and a new configuration
# every moment.
subtest 'kill -9 and SIGHUP under load: nothing is lost, no long message is torn' => sub {
    my %sims = map { $_ => start_sim("$_=0,latency=exp:3ms", {text => 24}) } @names;
    my $farm = {reconnect => '200ms', 'reconnect-max' => '500ms', 'concat-ttl' => '2s'};
    my $plex = start_plex(conf => conf_for(\%sims, farm => $farm));
    my $log = work_dir . '/load.log';
    my ($rate, $changes) = $ENV{SMPPLEX_LONG} ? (5000, 400) : (2000, 50);
    my $load = start_load('-t', $plex->addr, '-c', 80, '-a', 40, '-w', 20, '-r', $rate, '-d', '900s',
                          '--mark', '-l', $log, '--timeout', '60s');
    my @weights = ({a => 1, b => 3}, {c => 0}, {a => 2, d => 2}, {});
    my $reload = sub {
        my ($weight) = @_;
        my $before = () = $plex->log_text =~ /configuration taken/g;
        $plex->write_conf(conf_for(\%sims, farm => $farm, weight => $weight));
        $plex->signal('HUP');
        return wait_for(5, sub { (() = $plex->log_text =~ /configuration taken/g) > $before });
    };
    eventually('messages flow', sub { $plex->counters->{responses_up} > 1000 }, 20);
    my $taken = grep { $reload->($weights[$_ % @weights]) } 0 .. 7;
    my ($addr) = $sims{b}->addr('b') =~ /(\d+)$/;
    is($sims{b}->end('KILL'), 'signal 9', 'a node is killed');
    eventually('its links are lost', sub { $plex->counters->{links_lost} >= 80 });
    $taken += grep { $reload->($weights[$_ % @weights]) } 0 .. 7;
    my $dead = $sims{b};
    $sims{b} = start_sim("b=$addr,latency=exp:3ms", {text => 24});
    eventually('back again, it is bound by all sessions', sub {
        ($sims{b}->stats('b')->{sessions}{transceiver} // 0) == 80;
    }, 20);
    while ($taken < $changes && $reload->($weights[$taken % @weights])) {
        $taken++;
        sleep 0.05;
    }
    is($taken, $changes, "$changes changes of configuration were taken");
    my $report = $load->stop;
    is($report->{accepted}, $report->{sent}, "$report->{accepted} accepted");
    is($report->{refused}, 0, 'no client saw an error');
    is($report->{unanswered}, 0, 'no request is without a response');
    is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'none has two');
    is($report->{connections}{lost}, 0, 'no connection was lost');
    my %logged;
    for my $sim (values %sims, $dead) {
        for my $message ($sim->messages) {
            $logged{$1 + 0}++ if (pack 'H*', $message->[10] // '') =~ /load-(\d+)/;
        }
    }
    open my $in, '<', $log or die "$log: $!";
    my $missing = grep { my @field = split /\t/; $field[2] eq 'ESME_ROK' && !$logged{$field[1]} }
        <$in>;
    is($missing, 0, 'every accepted message is in a node\'s log');
    my $counters = $plex->counters;
    my $twice = grep { $_ > 1 } values %logged;
    cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice twice, of $counters->{in_doubt} in doubt");
    is($counters->{sessions_bound}, 80, 'no client had to bind again');
    $plex->is_good;
    like($plex->log_text, qr/counters sessions=0 linksets=0 memory=0/, 'nothing is left behind');
    drop(values %sims);
};

done_testing();
