#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Checks, traffic and operators decide on nodes in the running smpplex: what its state
# lines say, and what clients and nodes see of it.
use strict;
use warnings;
use List::Util qw(max min sum0);
use POSIX qw(mktime);
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Certs;
use Smpplex::Dns;
use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my $slow = slow_machine;
my $socket = work_dir . '/ctl.sock';
my $api = "unix:$socket";
my %farm = (reconnect => '100ms', 'reconnect-max' => '200ms', grace => '60s');
my %quick = (type => 'tcp', interval => '100ms', 'fast-interval' => '50ms',
             'down-interval' => '100ms', timeout => '2s', rise => 1, fall => 1);

sub section {
    my ($name, $keys, @inside) = @_;
    return "$name {\n" . join('', map { "$_ = \"$keys->{$_}\"\n" } sort keys %$keys)
        . join('', @inside) . "}\n";
}

sub check { my (%keys) = @_; return section('check', {%quick, %keys}) }

# conf(farm => {}, nodes => [[NAME, ADDR, {keys}, sections…]], inside => [sections], top => '')
sub conf {
    my (%given) = @_;
    my @nodes = map {
        my ($name, $addr, $keys, @inside) = @$_;
        section("node $name", {%{$keys // {}}, address => $addr}, @inside)
    } @{$given{nodes}};
    return ($given{top} // '')
        . section('farm f', {%farm, %{$given{farm} // {}}}, @{$given{inside} // []}, @nodes)
        . section('listener smpp', {address => '127.0.0.1:0'})
        . section('status', {address => '127.0.0.1:0', socket => $socket});
}

sub plex { return start_plex(conf => conf(@_), log_level => 'debug') }

sub nodes_of { my ($sim, @names) = @_; return [map { [$_, $sim->addr($_)] } @names] }

sub at {
    my ($line) = @_;
    my ($y, $m, $d, $h, $min, $s) = $line =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+\.\d+)/ or return;
    return mktime(int $s, $min, $h, $d, $m - 1, $y - 1900, 0, 0, -1) + $s - int $s;
}

sub lines { my ($plex, $like) = @_; return grep { /$like/ } split /\n/, $plex->log_text }

sub becomes {
    my ($plex, $node, $state, $why, $times) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return eventually("$node is $state", sub {
        lines($plex, qr{f/\Q$node\E: .*-> $state by=.*$why}) >= ($times // 1);
    }, 10);
}

sub node { my ($name) = @_; return (grep { $_->{name} eq $name } @{http_json($api, '/api/v1/nodes')->{nodes}})[0] }

sub order {
    my ($node, $deed, $body) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(http($api, 'POST', "/api/v1/nodes/f/$node/$deed", body => $body)->{status}, 200,
              "an operator says $deed to $node");
}

sub is_whole {
    my ($report, $more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($report->{accepted}, $report->{sent}, "all of $report->{sent} messages are accepted" . ($more // ''));
    is($report->{unanswered} + $report->{duplicate_responses} + $report->{unexpected_responses}
           + $report->{connections}{lost}, 0, 'each with one response');
    return;
}

sub load { my ($plex, @more) = @_; return start_load('-t', $plex->addr('smpp'), '-c', 4, '-w', 50, '--mark', @more) }

# How often each message of a load is in the nodes' logs.
sub taken {
    my %n;
    for my $row (map { $_->messages } @_) { $n{$1 + 0}++ if pack('H*', $row->[10]) =~ /load-(\d+)/ }
    return \%n;
}

subtest 'each type of check, its own port and address, several of a node, over TLS' => sub {
    my $certs = Smpplex::Certs->new(work_dir, 'ca');
    my $cert = $certs->certificate('node.test');
    my $sim = start_sim('tcp=0', 'bound=0,accounts=probe:pw', 'free=0', 'web=0,http=0,http-auth=u:pw',
                        'two=0,http=0', 'aside=0', "safe=0,tls-certificate=$cert");
    my $there = Smpplex::Peer->listen;
    my ($port) = $there->addr =~ /:(\d+)/;
    my $http = sub { (port => $sim->addr("$_[0].http") =~ s/.*://r, type => 'http', path => '/admin/connectors') };
    my $plex = plex(nodes => [
        ['tcp', $sim->addr('tcp'), {}, check()],
        ['bound', $sim->addr('bound'), {}, check(type => 'smpp', 'system-id' => 'probe', password => 'pw')],
        ['free', $sim->addr('free'), {}, check(type => 'smpp')],
        ['web', $sim->addr('web'), {}, check($http->('web'), user => 'u', password => 'pw', expect => 'BOUND')],
        ['two', $sim->addr('two'), {}, check(), check($http->('two'), refuse => 'DOWN')],
        ['aside', $sim->addr('aside'), {}, check(port => $port, address => '127.0.0.1')],
        ['safe', $sim->addr('safe'), {}, check(type => 'smpp'),
         section('tls', {ca => $certs->ca, 'server-name' => 'node.test'})]]);
    my @names = qw(tcp bound free web two aside safe);

    eventually('each is probed, and passes', sub {
        my $text = $plex->log_text;
        !grep { $text !~ m{f/$_: probe .*outcome=passed} } @names;
    });
    is(scalar(lines($plex, qr{f/\S+: up ->})), 0, 'none is down');
    $sim->control('tcp refuse-port');
    $sim->control('bound refuse RBINDFAIL');
    $sim->control('free silent-enquire');
    $sim->control('web http 503');
    $sim->control('two http connectors-down');
    $there->{socket}->close;
    $sim->control('safe hang');
    my %why = (tcp => 'tcp check: connection refused', bound => 'smpp check: the bind is refused status=ESME_RBINDFAIL',
               free => 'smpp check: no answer in time', web => 'http check: unwanted status status=503',
               two => 'http check: the refused text is in the answer', aside => 'tcp check: connection refused',
               safe => 'smpp check: no answer in time');
    becomes($plex, $_, 'down', "check why=\"$why{$_}") for @names;
    is(scalar(grep { $_->{state} eq 'down' } @{http_json($api, '/api/v1/nodes')->{nodes}}), 7, 'the API says so');
    is(scalar(lines($plex, qr{by=check why="[^"]*"[^"]*" after})), 0, 'what is told can be read by a machine');
    $sim->control("$_ heal") for grep { $_ ne 'aside' } @names;
    $there = Smpplex::Peer->listen($port);
    becomes($plex, $_, 'up', 'check why="\w+ check: passed') for @names;
    $sim->control('two refuse-port');
    becomes($plex, 'two', 'down', 'check why="tcp check');
    $plex->is_good;
    drop($sim);
};

subtest 'rise, fall and the three intervals' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex(nodes => nodes_of($sim, qw(a b)), inside => [
        check(interval => '300ms', 'fast-interval' => '100ms', 'down-interval' => '600ms', rise => 2, fall => 3)]);
    my $probes = sub { lines($plex, qr{f/a: probe}) };
    eventually('probed while up', sub { $probes->() >= 5 });
    $sim->control('a refuse-port');
    becomes($plex, 'a', 'down', '');
    my $mark = $probes->();
    eventually('probed while down', sub { $probes->() >= $mark + 3 });
    $sim->control('a listen');
    becomes($plex, 'a', 'up', '');
    my @lines = lines($plex, qr{f/a: (probe|\S.* ->)});
    my ($state, $last, $from, %gaps, %seen) = ('up');
    for my $line (@lines) {
        if ($line =~ /probe type=tcp outcome=(\S+)/) {
            push @{$gaps{$from}}, [1000 * (at($line) - $last), stalled_ms($last - 1, at($line))]
                if defined $last && defined $from;
            ($last, $from) = (at($line), undef);
            $seen{$state}{$1}++;
        } elsif ($line =~ /-> (\S.*?)(?: \d\/\d)? by=/) {
            $state = $1;
        }
        $from = $state;
    }
    # what is still fast after the start belongs to no state
    my %ms = ('up' => 300, 'going down' => 100, 'down' => 600, 'coming up' => 100);
    for my $in (sort keys %ms) {
        my @ms = @{$gaps{$in} // []};
        cmp_ok(scalar(@ms), '>', 0, "probes while $in: " . join(' ', map { int $_->[0] } @ms));
        # behind one that a stall has made late the next comes early
        cmp_ok(min(map { $_->[0] + $_->[1] } @ms), '>=', $ms{$in} * 15 / 16 - 5, 'not before their time');
        my @late = sort { $a <=> $b } map { $_->[0] - $_->[1] } @ms;
        cmp_ok($late[@ms / 2], '<=', $ms{$in} * 17 / 16 + 50 + 25 * $slow, 'nor late');
    }
    # the line of a change stands behind that of the probe that made it
    is($seen{'going down'}{'connect-refused'}, 2, 'of three failures, two while it was going down');
    is($seen{'coming up'}{passed}, 1, 'of two successes, one while it was coming up');
    my @changes = lines($plex, qr{f/a: .* -> .* by=check why="tcp check: .*" after_ms=\d+});
    is(join(', ', map { /a: (.*) by=/ } @changes),
       'up -> going down 1/3, going down -> down, down -> coming up 1/2, coming up -> up',
       'each change has its line');
    for my $i (1 .. $#changes) {
        my ($after) = $changes[$i] =~ /after_ms=(\d+)/;
        my $took = 1000 * (at($changes[$i]) - at($changes[$i - 1]));
        my $stalled = stalled_ms(at($changes[$i - 1]) - 1, at($changes[$i]) + 1);
        cmp_ok(abs($took - $after), '<', 25 * $slow + $stalled, "after $after ms");
    }
    is(scalar(lines($plex, qr{f/b: .* ->})), 0, 'nothing is told of the other');
    $plex->is_good;
    drop($sim);
};

for my $on_down (qw(close keep)) {
    subtest "on-down = $on_down" => sub {
        my $sim = start_sim('a=0,latency=4s', 'b=0');
        my $plex = plex(farm => {'on-down' => $on_down}, nodes => nodes_of($sim, qw(a b)), inside => [check()]);
        my $client = Smpplex::Peer->bound($plex->addr('smpp'));
        eventually('bound to both', sub { node('a')->{links}{bound} == 1 });
        # the rest must come to pass before a answers
        $client->send(join '', map { submit_pdu($_) } 1 .. 10);
        eventually('a has its share', sub { node('a')->{pending} == 5 });
        $sim->control('a refuse-port');
        becomes($plex, 'a', 'down', '');
        $plex->settle;
        $sim->control('a latency 0');
        my @resp = map { $client->read_until('submit_sm_resp') } 1 .. 10;
        is(scalar(grep { $_ && $_->{status} == 0 } @resp), 10, 'all are accepted');
        my $counters = $plex->counters;
        if ($on_down eq 'close') {
            is("$counters->{links_lost} $counters->{moved}", '1 5', 'the link is closed, what was open has moved');
        } else {
            is("$counters->{links_lost} $counters->{moved}", '0 0', 'the link is there, what was open stays');
            $sim->control('a mo 1');
            ok($client->read_until('deliver_sm'), 'and what the node has for us still comes');
        }
        my $before = $sim->messages('a');
        $client->send(join '', map { submit_pdu($_) } 11 .. 20);
        is(scalar(grep { $_ && $_->{status} == 0 } map { $client->read_until('submit_sm_resp') } 1 .. 10), 10,
           'more go');
        is(scalar($sim->messages('a')), $before, 'to the other one');
        $sim->control('a listen');
        becomes($plex, 'a', 'up', '');
        eventually('it is bound', sub { node('a')->{links}{bound} == 1 });
        $plex->settle;
        $client->send(join '', map { submit_pdu($_) } 21 .. 30);
        is(scalar(grep { $_ && $_->{status} == 0 } map { $client->read_until('submit_sm_resp') } 1 .. 10), 10, 'more go');
        is(scalar($sim->messages('a')), $before + 5, 'to both');
        $client->close;
        $plex->is_good;
        drop($sim);
    };
}

subtest 'error-limit takes a node down ahead of its checks; 0 never does' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $door = Smpplex::Peer->listen;    # what is checked is always well
    my ($port) = $door->addr =~ /:(\d+)/;
    for my $limit (3, 0) {
        my $plex = plex(farm => {'error-limit' => $limit}, nodes => nodes_of($sim, qw(a b)),
                        inside => [check(port => $port, interval => '1h', 'fast-interval' => '100ms', rise => 2)]);
        my $client = Smpplex::Peer->bound($plex->addr('smpp'));
        eventually('bound to both', sub { node('a')->{links}{bound} == 1 });
        $sim->control('a refuse-port');
        $sim->control('a close');
        if ($limit) {
            becomes($plex, 'a', 'down', 'traffic why="its links fail"');
            my $counters = $plex->counters;
            my $failures = $counters->{links_failed} + $counters->{links_lost};
            # until its worker hears of it there may be one more
            ok($failures == 3 || $failures == 4, "after three failures: $failures");
        } else {
            eventually('many links fail', sub { $plex->counters->{links_failed} >= 8 });
            is(scalar(lines($plex, qr{f/a: up -> down by=traffic})), 0, 'without a limit it stays up');
        }
        $sim->control('a listen');
        becomes($plex, 'a', 'up', 'check') if $limit;
        eventually('it is bound again', sub { node('a')->{links}{bound} == 1 }, 10);
        $client->close;
        $plex->is_good;
    }
    drop($sim);
};

subtest 'error-limit: what a node throws out at one time counts once' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex(farm => {'error-limit' => 3}, nodes => nodes_of($sim, qw(a b)), inside => [check()]);
    my @clients = map { Smpplex::Peer->bound($plex->addr('smpp'), id => "client$_") } 1 .. 12;
    eventually('all are bound', sub { node('a')->{links}{bound} == 12 });
    $sim->control('a reset');
    eventually('all are lost', sub { $plex->counters->{links_lost} == 12 });
    eventually('and bound again', sub { node('a')->{links}{bound} == 12 });
    is(scalar(lines($plex, qr{f/a: .* ->})), 0, 'the node was never down');
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'sick-on: a node that answers so is down for growing times, until it is well' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex(farm => {'sick-on' => 'ESME_RSYSERR', 'sick-share' => 50, 'sick-window' => '200ms'},
                    nodes => nodes_of($sim, qw(a b)), inside => [check()]);
    my $load = load($plex, '-r', 500, '-d', '300s', '--any-status');
    eventually('at work', sub { $sim->messages('a') > 100 });
    $sim->control('a status RSYSERR 20');
    sleep 0.5;
    is(scalar(lines($plex, qr{f/a: up -> })), 0, 'a fifth is less than the share');
    $sim->control('a heal');
    $sim->control('a status RSYSERR 80');
    becomes($plex, 'a', 'down', 'traffic why="[^"]*sick');
    becomes($plex, 'a', 'up', 'check');
    becomes($plex, 'a', 'down', 'traffic', 2);
    $sim->control('a heal');
    becomes($plex, 'a', 'up', 'check', 2);
    my $mark = $sim->messages('a');
    eventually('it has messages again', sub { $sim->messages('a') > $mark + 50 });
    my $report = $load->stop;
    is($report->{unanswered}, 0, 'every request has its response');
    is_deeply([sort keys %{$report->{refused_status}}], ['ESME_RSYSERR'], 'the only refusals are the node\'s');
    $plex->is_good;
    drop($sim);
};

for my $way (['balance = standby', {balance => 'standby'}, {}], ['backup nodes', {}, {backup => 'yes'}]) {
    my ($name, $farm, $backup) = @$way;
    subtest "fail-back = sticky with $name" => sub {
        my %sims = map { $_ => start_sim("$_=0", {text => 32}) } qw(a b);
        my %port = map { $_ => $sims{$_}->addr($_) =~ s/.*://r } qw(a b);
        my $plex = plex(farm => {%$farm, 'fail-back' => 'sticky'}, inside => [check()],
                        nodes => [['a', $sims{a}->addr('a')], ['b', $sims{b}->addr('b'), $backup]]);
        my $load = load($plex, '-r', 500, '-d', '300s');
        my $back = sub {
            my ($it, $times) = @_;
            $sims{$it} = start_sim("$it=$port{$it}", {text => 32});
            becomes($plex, $it, 'up', '', $times // 1);
            eventually('and bound', sub { node($it)->{links}{bound} == 4 });
        };
        my $serves = sub {
            my ($it, $other) = @_;
            stays("$it serves, and $other has none", sub { scalar $sims{$other}->messages },
                  sub { scalar $sims{$it}->messages }, 50);
        };
        my @all = values %sims;
        $serves->('a', 'b');
        $sims{a}->end('KILL');
        eventually('b takes over', sub { $sims{b}->messages > 50 });
        $back->('a');
        push @all, $sims{a};
        $serves->('b', 'a');
        $sims{b}->end('KILL');
        eventually('a takes over', sub { $sims{a}->messages > 50 });
        $back->('b');
        push @all, $sims{b};
        $serves->('a', 'b');
        $sims{a}->end('KILL');
        eventually('b takes over again', sub { $sims{b}->messages > 50 });
        $back->('a', 2);
        push @all, $sims{a};
        $serves->('b', 'a');
        order('a', 'ready');
        $serves->('a', 'b');
        my $report = $load->stop;
        is_whole($report);
        is(scalar(keys %{taken(@all)}), $report->{sent}, 'all are in the nodes\' logs');
        $plex->is_good;
        drop(values %sims);
    };
}

# Node b goes and comes back under load: its shares of the messages of each 400 ms since then.
sub shares_since_up {
    my ($sim, $plex, $rate, $times) = @_;
    my $load = load($plex, '-r', $rate, '-d', '300s');
    my $was = $sim->messages('b');
    eventually('at work', sub { $sim->messages('b') > $was + 100 });
    $sim->control('b refuse-port');
    becomes($plex, 'b', 'down', '', $times);
    my $mark = $sim->messages('b');
    $sim->control('b listen');
    becomes($plex, 'b', 'up', '', $times);
    eventually('at work again', sub { $sim->messages('b') > $mark + $rate });
    is_whole($load->stop);
    my @numbers = sort { $a <=> $b } map { pack('H*', $_->[10]) =~ /load-(\d+)/ ? $1 + 0 : () }
        ($sim->messages('b'))[$mark .. $sim->messages('b') - 1];
    return map {
        my ($from, $to) = ($numbers[0] + $_ * $rate * 0.4, $numbers[0] + ($_ + 1) * $rate * 0.4);
        scalar(grep { $_ >= $from && $_ < $to } @numbers) / (0.4 * $rate)
    } 0 .. 5;
}

subtest 'slow-start: the share of a node that came back grows' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex(farm => {'slow-start' => '1600ms'}, nodes => nodes_of($sim, qw(a b)), inside => [check()]);
    my $times = 0;
    my @share = undisturbed(sub { shares_since_up($sim, $plex, 1000, ++$times) });
    my $text = join ' ', map { sprintf '%.2f', $_ } @share;
    ok($share[0] < $share[1] && $share[1] < $share[2] && $share[2] < $share[3], "its shares of each 400 ms: $text");
    cmp_ok($share[0], '<', 0.2, 'small at first');
    cmp_ok($share[5], '>', 0.45, 'the whole at last');
    $plex->is_good;
    drop($sim);
};

sub asked { my $stats = $_[0]->stats($_[1]); return $stats->{taken} + $stats->{refused} }

subtest 'retry-on: a busy node\'s messages go to others, and it has its rest' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c));
    my $plex = plex(farm => {'redispatch-max' => 1}, nodes => nodes_of($sim, qw(a b c)));
    $sim->control('a status RTHROTTLED 100');
    my $begun = time;
    my $report = load($plex, '-r', 500, '-d', '2s')->wait_report(30);
    is_whole($report, ' though one node throttles');
    my $counters = $plex->counters;
    my $asked = asked($sim, 'a');
    is($counters->{retried}, $asked, "each of $asked that it refused was given to another");
    # one a rest and session, and only one session has much to do; what was open counts too
    cmp_ok($asked, '<', (2000 + stalled_ms($begun)) / 100 * 4 + 50, 'few, for it had its rest');
    $sim->control("$_ status RTHROTTLED 100") for qw(b c);
    my $before = sum0(map { asked($sim, $_) } qw(a b c));
    $report = load($plex, '-n', 200, '--any-status')->wait_report(30);
    is_deeply($report->{refused_status}, {ESME_RTHROTTLED => 200}, 'all throttle: so the client is told');
    my $tries = sum0(map { asked($sim, $_) } qw(a b c)) - $before;
    cmp_ok($tries, '<=', 400, "and no message is moved more than redispatch-max times: $tries tries");
    $plex->is_good;
    drop($sim);
};

# All nodes are away for so many seconds at least, under load; what that says, and for how long
# they were, in seconds.
sub all_away {
    my ($farm, $seconds) = @_;
    my $sim = start_sim(map { "$_=0" } qw(a b));
    my $plex = plex(farm => $farm, nodes => nodes_of($sim, qw(a b)), inside => [check()]);
    my $load = load($plex, '-w', 1000, '-r', 100, '-d', '300s', '--any-status', '--timeout', '60s');
    eventually('at work', sub { $sim->messages > 50 });
    my $since = time;
    for my $node (qw(a b)) {
        $sim->control("$node refuse-port");
        $sim->control("$node close");
    }
    sleep $seconds;
    my $mark = $sim->messages;
    $sim->control("$_ listen") for qw(a b);
    eventually('at work again', sub { $sim->messages > $mark });
    my $away = time - $since;
    $mark = $sim->messages;
    eventually('and for some time', sub { $sim->messages > $mark + 100 });
    my $report = $load->stop;
    my $taken = keys %{taken($sim)};
    is($taken, $report->{accepted}, 'every accepted message is in a node\'s log');
    is($report->{unanswered}, 0, 'none is without a response') if !$report->{connections}{lost};
    return ($plex, $report, $sim, $away);
}

subtest 'all nodes down for 3 s and back: messages wait and go out' => sub {
    my ($plex, $report, $sim) = all_away({'queue-timeout' => '30s'}, 3);
    is_whole($report);
    cmp_ok($report->{latency_ms}{max}, '>', 2500, "the longest wait: $report->{latency_ms}{max} ms");
    $plex->is_good;
    drop($sim);
};

subtest 'all nodes down for longer than queue-timeout: busy-status, and clients stay bound' => sub {
    my ($plex, $report, $sim, $away) = all_away({'queue-timeout' => '1s', grace => '60s'}, 4);
    is_deeply([keys %{$report->{refused_status}}], ['ESME_RTHROTTLED'], 'only busy-status');
    cmp_ok($report->{refused}, '>', 150, "for $report->{refused}");
    cmp_ok($report->{refused}, '<', 100 * ($away - 0.5), 'but not for the last ones');
    is($report->{connections}{lost}, 0, 'no client is unbound');
    $plex->is_good;
    drop($sim);
};

subtest 'longer than grace: clients are unbound' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b));
    my $plex = plex(farm => {'queue-timeout' => '500ms', grace => '1500ms'}, nodes => nodes_of($sim, qw(a b)),
                    inside => [check()]);
    my $client = Smpplex::Peer->bound($plex->addr('smpp'));
    for my $node (qw(a b)) {
        $sim->control("$node refuse-port");
        $sim->control("$node close");
    }
    my $begin = time;
    my $unbind = $client->read_until('unbind', 10);
    ok($unbind, 'it is unbound');
    cmp_ok(time - $begin, '>', 1.4, 'after grace');
    within($begin, 1.5 + 0.5 * $slow, 'not much later');
    $client->answer($unbind);
    ok($client->is_closed, 'and closed');
    my $late = Smpplex::Peer->connect($plex->addr('smpp'));
    $late->send(bind_pdu('transceiver', 1));
    is($late->read->{status}, status('RBINDFAIL'), 'a new one is refused');
    $plex->is_good;
    drop($sim);
};

subtest 'no check: the only node restarts in a second, and messages wait for it' => sub {
    my $sim = start_sim('a=0');
    my $plex = start_plex(conf => conf_text(farm => {'queue-timeout' => '20s'}, nodes => nodes_of($sim, 'a')));
    my $load = load($plex, '-w', 1000, '-r', 100, '-d', '300s', '--timeout', '60s');
    my $begun = time;
    eventually('at work', sub { $sim->messages > 50 });
    $sim->control('a refuse-port');
    $sim->control('a reset');
    sleep 1;
    my $mark = $sim->messages;
    $sim->control('a listen');
    eventually('at work again', sub { $sim->messages > $mark + 200 });
    my $report = $load->stop;
    is_whole($report);
    cmp_ok($report->{latency_ms}{max}, '<', 3000 + 250 * $slow + stalled_ms($begun),
           "the longest wait: $report->{latency_ms}{max} ms");
    $plex->is_good;
    drop($sim);
};

subtest 'a node goes while a bind gathers: the verdict waits for the others' => sub {
    my ($door, $mute) = map { Smpplex::Peer->listen } 1 .. 2;
    for my $answers (0, 1) {
        my $plex = plex(farm => {'bind-gather' => '60s', 'connect-timeout' => $answers ? '60s' : '5s'},
                        nodes => [['a', $door->addr], ['b', $mute->addr]]);
        my $client = Smpplex::Peer->connect($plex->addr('smpp'));
        $client->send(bind_pdu('transceiver', 1));
        my $node = $door->accept_bind;
        my $late = $mute->accept;
        my $bind = $late->read_until('bind_transceiver');
        eventually('one has accepted', sub { node('a')->{links}{bound} == 1 });
        order('a', 'maint');
        my $unbind = $node->read_until('unbind');
        ok($unbind, 'it is left again');
        $node->answer($unbind) if $unbind;
        ok($client->silent(0.2), 'the client waits');
        $late->send(pdu('bind_transceiver_resp', 0, $bind->{number}, "late\0")) if $answers;
        order('a', 'ready') if $answers;
        $node = $door->accept_bind if $answers;
        my $resp = $client->read(10);
        is($resp && $resp->{status}, $answers ? 0 : status('RBINDFAIL'),
           $answers ? 'the other accepts: bound' : 'the other says nothing: refused');
        $_->close for grep { defined } $client, $node, $late;
        $plex->is_good;
    }
};

subtest 'a node that is left gets the answers to what it has delivered, and asks nothing more' => sub {
    my ($door, $other) = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = plex(nodes => [['a', $door->addr], ['b', $other->addr]]);
    my $client = Smpplex::Peer->connect($plex->addr('smpp'));
    $client->send(bind_pdu('transceiver', 1));
    my ($node, $stays) = map { $_->accept_bind } $door, $other;
    is($client->read(10)->{status}, 0, 'bound');
    my $deliver = sub { pdu('deliver_sm', 0, $_[0], Smpplex::Peer::message_body('mo')) };
    $node->send($deliver->(7));
    my $open = $client->read(10);
    is($open->{command}, cmd('deliver_sm'), 'a delivery that the client does not answer yet');
    order('a', 'maint');
    my $n = 100;
    my $refused;
    eventually('further ones are refused, and stay with the node', sub {
        $node->send($deliver->(++$n));
        my $resp = $node->read(0.3) // $client->answer($client->read(1)) && $node->read(1);
        return $resp->{command} == cmd('deliver_sm_resp') && $resp->{status} == status('RX_T_APPN');
    }, 10);
    ok($node->silent(0.5), 'it is not left before the client answers');
    $client->answer($open);
    my $resp = $node->read(10);
    is_deeply([@$resp{qw(command status number)}], [cmd('deliver_sm_resp'), 0, 7], 'the answer reaches it');
    my $unbind = $node->read(10);
    is($unbind->{command}, cmd('unbind'), 'then it is left');
    $_->close for $client, $node, $stays;
    $plex->is_good;
};

subtest 'names: a changed address is a changed node; one without an address is served when it has one' => sub {
    my $dns = Smpplex::Dns->start(work_dir . '/zone');
    $dns->set('gw.test A 127.0.0.2');
    my $old = start_sim('old=127.0.0.2:0,latency=20ms', {text => 32});
    my ($port) = $old->addr('old') =~ /(\d+)$/;
    my $new = start_sim("new=127.0.0.3:$port,latency=20ms", "late=127.0.0.4:$port,latency=20ms", {text => 32});
    my $plex = plex(top => "resolver = \"$dns->{addr}\"\n", farm => {resolve => '200ms'},
                    nodes => [['gw', "gw.test:$port"], ['later', "later.test:$port"]]);
    eventually('the name is looked up', sub { node('gw')->{state} eq 'up' });
    my $load = load($plex, '-r', 500, '-d', '300s', '--long', 20);
    eventually('at work', sub { $old->messages > 200 }, 10);
    is($new->messages, 0, 'and nowhere else');
    $dns->set('gw.test A 127.0.0.3');
    eventually('another address: it is at work there', sub { $new->messages('new') > 200 }, 10);
    eventually('the old one is left', sub { ($old->stats('old')->{sessions}{transceiver} // 0) == 0 }, 10);
    my $mark = $old->messages;
    $dns->set('gw.test A 127.0.0.3', 'later.test A 127.0.0.4');
    eventually('a name gets an address: that node is at work', sub { $new->messages('late') > 50 }, 10);
    my $report = $load->stop;
    is_whole($report);
    is(scalar($old->messages), $mark, 'the old address gets nothing any more');
    my $taken = taken($old, $new);
    is(scalar(keys %$taken), $report->{sent}, 'nothing is lost');
    is(scalar(grep { $_ > 1 } values %$taken), 0, 'nor sent twice');
    is($plex->counters->{in_doubt}, 0, 'for the old links were drained');
    like($plex->log_text, qr{f/gw: address 127\.0\.0\.2:$port -> 127\.0\.0\.3:$port by=name}, 'the log tells');
    $plex->is_good;
    drop($old, $new);
};

# Sets with parts on more than one node.
sub split_sets {
    my %nodes;
    $nodes{join ' ', @$_[1, 2, 3, 6, 7, 8]}{$_->[0]} = 1 for grep { $_->[6] ne '-' } map { $_->messages } @_;
    return scalar grep { keys %$_ > 1 } values %nodes;
}

subtest 'drain, ready, weight and maint under load' => sub {
    my $sim = start_sim(map { "$_=0,latency=5ms,receipt-delay=300ms" } qw(a b c));
    my $plex = plex(nodes => nodes_of($sim, qw(a b c)), inside => [check()]);
    my $load = load($plex, '-r', 600, '-d', '300s', '--long', 30, '--concat', 'mix', '--receipts',
                    '--parts-over', 'several');
    my $bound = sub { my ($node) = @_; $sim->stats($node)->{sessions}{transceiver} // 0 };
    eventually('at work', sub { $sim->messages('a') > 200 });
    order('a', 'drain');
    is(node('a')->{order}, 'drain', 'it is drained');
    my $mark = stays('it gets nothing any more', sub { scalar $sim->messages('a') },
                     sub { scalar $sim->messages('b') }, 100);
    is($bound->('a'), 4, 'while its links are there');
    order('b', 'drain');
    order('b', 'ready');
    order('a', 'ready');
    eventually('ready: it has messages', sub { $sim->messages('a') > $mark + 100 });
    is(split_sets($sim), 0, 'a drain has parted no long message');
    my ($n) = $plex->log_text =~ /f\/a: ready -> drain by=operator why="[^"]+" after_ms=(\d+)/;
    ok(defined $n, 'the log tells who');
    order('a', 'weight', '{"weight": 4}');
    is(node('a')->{weight}, 4, 'weight 4');
    $plex->settle;
    my %was = %{$sim->shares};
    eventually('it is at work', sub { $sim->shares->{a} - $was{a} > 400 });
    my %now = %{$sim->shares};
    my %gain = map { $_ => $now{$_} - $was{$_} } qw(a b c);
    cmp_ok($gain{a}, '>', 1.2 * ($gain{b} + $gain{c}), "twice what the others have: $gain{a} $gain{b} $gain{c}");
    order('a', 'maint');
    eventually('maint: its links are gone', sub { $bound->('a') == 0 });
    $mark = $sim->messages('a');
    is(node('a')->{order}, 'maint', 'it is so called');
    my $probes = lines($plex, qr{f/a: probe});
    sleep 0.4;
    is(scalar(lines($plex, qr{f/a: probe})), $probes, 'it is not probed');
    is(scalar($sim->messages('a')), $mark, 'and gets nothing');
    order('a', 'ready');
    eventually('ready: bound and at work', sub { $bound->('a') == 4 && $sim->messages('a') > $mark + 50 });
    my $report = $load->stop;
    is_whole($report);
    my $taken = taken($sim);
    is(scalar(keys %$taken), $report->{sent}, 'nothing is lost');
    is(scalar(grep { $_ > 1 } values %$taken), 0, 'nor sent twice');
    is($plex->counters->{moved}, 0, 'nothing has moved');
    # those of its receipts that fell due in maint are kept by the node until it is bound again
    is($report->{receipts}{missing} + $report->{receipts}{duplicate} + $report->{receipts}{unknown_id}, 0,
       'each receipt has come');
    $plex->is_good;
    drop($sim);
};

subtest 'a reload keeps states and orders' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    my $text = conf(nodes => nodes_of($sim, qw(a b c d)), inside => [check()]);
    my $plex = start_plex(conf => $text, log_level => 'debug');
    my $client = Smpplex::Peer->bound($plex->addr('smpp'));
    $sim->control('a refuse-port');
    becomes($plex, 'a', 'down', '');
    order('b', 'drain');
    order('c', 'maint');
    order('d', 'weight', '{"weight": 7}');
    eventually('so it is', sub { node('c')->{links}{bound} == 0 });
    for my $more ('', 'queue-timeout = 7s') {
        my $before = () = $plex->log_text =~ /configuration taken/g;
        my $changes = lines($plex, qr{f/\S+: .* -> .* by=});
        $plex->write_conf($text =~ s/^farm f \{\n/farm f {\n$more\n/mr);
        $plex->signal('HUP');
        eventually('taken', sub { (() = $plex->log_text =~ /configuration taken/g) > $before });
        is(join(' ', node('a')->{state}, map { node($_)->{order} } qw(a b c)), 'down ready drain maint',
           'states and orders are there');
        is(node('d')->{weight}, 7, 'and the weight');
        is(scalar(lines($plex, qr{f/\S+: .* -> .* by=})), $changes, 'nothing has changed');
        is($sim->stats('c')->{sessions}{transceiver} // 0, 0, 'nobody is bound to what is in maint');
        my %was = %{$sim->shares};
        $client->send(join '', map { submit_pdu($_) } 1 .. 20);
        is(scalar(grep { $_ && $_->{status} == 0 } map { $client->read_until('submit_sm_resp') } 1 .. 20), 20, 'messages go');
        is($sim->shares->{d} - ($was{d} // 0), 20, 'to the only one that is left');
    }
    $sim->control('a listen');
    becomes($plex, 'a', 'up', '');
    order('c', 'ready');
    eventually('all are bound', sub { node('a')->{links}{bound} + node('c')->{links}{bound} == 2 });
    $client->close;
    $plex->is_good;
    drop($sim);
};

done_testing;
