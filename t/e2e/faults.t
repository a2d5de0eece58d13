#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# A node breaks in every way that is known, under load: what clients see of it. Each
# fault has a farm of three nodes, an smpplex and a load of its own; they break, and
# come back, at one time. The table of it all is printed, and left in t/work/faults.txt.
use strict;
use warnings;
use List::Util qw(max min);
use POSIX qw(mktime);
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Stalls;
use Smpplex::Test;

my ($rate, $connections) = (200, 4);
my ($calm, $after) = $ENV{SMPPLEX_LONG} ? (5, 4) : (3, 2);
# One at a time the machine is quiet enough for a promise about latency: p99 doubles at most.
my $at_once = $ENV{SMPPLEX_LONG} ? 1 : 6;
my $slack = 100 * slow_machine;         # ms, beside what is configured: others work here too
my $floor = 50 * slow_machine;          # ms of latency that may be noise

# An interval is up to a sixteenth longer, and due at a multiple of 50 ms.
my ($interval, $fast, $timeout, $fall) = (200, 100, 300, 2);
my %pace = (interval => "${interval}ms", 'fast-interval' => "${fast}ms", timeout => "${timeout}ms",
            'down-interval' => '200ms', rise => 2, fall => $fall);
my $answered = $interval * 17 / 16 + $fast * 17 / 16 + 50;  # two probes that fail at once
my $unanswered = $interval * 17 / 16 + 2 * $timeout + 50;   # two that time out
my $enquired = 300 + 300 + 300;         # enquire-link and enquire-timeout below

# name, what is told to the node, its check, how it is noticed and within how many ms
my $lost = qr{/a: lost reason=};
my $down = qr{f/a: (?:up|going down) -> down by=check};
my @faults = (
    {name => 'process killed', do => \&kill_it, undo => \&start_again, check => ['tcp'],
     seen => $down, within => $answered},
    {name => 'killed, no check', do => \&kill_it, undo => \&start_again, seen => $down, within => 100},
    {name => 'port refused', do => 'refuse-port', check => ['tcp'], seen => $down, within => $answered},
    {name => 'SYN unanswered', do => 'deaf', check => ['tcp'], seen => $down, within => $unanswered},
    {name => 'accepted but silent', do => 'hang', check => ['smpp'], seen => $down,
     within => $unanswered},
    {name => 'binds refused', do => 'refuse RBINDFAIL', check => ['smpp', 'system-id' => 'probe'],
     seen => $down, within => $answered},
    {name => 'enquire_link unanswered', do => 'silent-enquire', check => ['smpp'], seen => $down,
     within => $unanswered},
    {name => 'silent, no check', do => 'hang', seen => $lost, within => $enquired, enquire => 1},
    {name => 'responses stop', do => 'hang-responses', check => ['smpp', timeout => '5s'], expires => 1500},
    {name => 'reads stop', do => 'stop-reading', check => ['smpp'], seen => $down,
     within => $unanswered},
    {name => 'garbage', do => 'garbage', check => ['tcp'],
     seen => qr{/a: lost reason="impossible command_length"}, within => 0},
    {name => 'reset in a PDU', do => 'reset-mid', check => ['tcp'], seen => $lost, within => 0},
    {name => 'HTTP 500', do => 'http 500', check => ['http', path => '/admin/info'], seen => $down,
     within => $answered},
    {name => 'connectors down', do => 'http connectors-down', seen => $down, within => $answered,
     check => ['http', path => '/admin/connectors', refuse => 'DOWN']},
    {name => 'flapping', do => \&kill_it, undo => \&start_again, check => ['tcp'], times => 3,
     seen => $down, within => $answered},
    {name => 'flapping, no check', do => \&kill_it, undo => \&start_again, times => 3, seen => $down,
     within => 100},
);

@faults = grep { $_->{name} =~ /$ENV{SMPPLEX_FAULT}/ } @faults if $ENV{SMPPLEX_FAULT};

sub port_of { return $_[0] =~ /(\d+)$/ ? $1 : die "no port in $_[0]" }

# --- what is done to node a

sub start_a {
    my ($rig, $smpp, $http) = @_;
    my $sim = start_sim("a=$smpp,latency=20ms,http=127.0.0.1:$http");
    push @{$rig->{sims}}, $sim;
    $rig->{a} = $sim;
    $rig->{ports} = [port_of($sim->addr('a')), port_of($sim->addr('a.http'))];
    return;
}

sub kill_it { return $_[0]{a}->end('KILL') }
sub start_again { return start_a($_[0], @{$_[0]{ports}}) }

sub break_it {
    my ($rig) = @_;
    push @{$rig->{begun}}, time;
    return ref $rig->{do} ? $rig->{do}->($rig) : $rig->{a}->control("a $rig->{do}");
}

sub heal_it {
    my ($rig) = @_;
    push @{$rig->{healed}}, time;
    return $rig->{undo} ? $rig->{undo}->($rig) : $rig->{a}->control('a heal');
}

# --- a rig for each

sub check_text {
    my ($rig) = @_;
    my ($type, %more) = @{$rig->{check} // return ''};
    my %keys = (%pace, type => $type, %more);
    $keys{port} = $rig->{ports}[1] if $type eq 'http';
    return "check {\n" . join('', map { "$_ = \"$keys{$_}\"\n" } sort keys %keys) . "}\n";
}

sub start_rig {
    my ($rig) = @_;
    start_a($rig, 0, 0);
    push @{$rig->{sims}}, start_sim('b=0,latency=20ms', 'c=0,latency=20ms');
    my $others = $rig->{sims}[1];
    my $conf = conf_text(
        farm => {reconnect => '100ms', 'reconnect-max' => '300ms', 'enquire-link' => '300ms',
                 'enquire-timeout' => $rig->{enquire} ? '300ms' : '5s', 'connect-timeout' => '1s',
                 'log-in-doubt' => 'yes',
                 $rig->{expires} ? ('response-timeout' => "$rig->{expires}ms") : ()},
        nodes => [['a', $rig->{a}->addr('a')], map { [$_, $others->addr($_)] } qw(b c)]);
    my $check = check_text($rig);
    $conf =~ s/(node a \{\n)/$1        $check\n/;
    $rig->{plex} = start_plex(conf => $conf);
    $rig->{log} = work_dir . '/' . ($rig->{name} =~ s/\W+/-/gr) . '.load';
    $rig->{load} = start_load('-t', $rig->{plex}->addr, '-c', $connections, '-w', 1000, '-r', $rate,
                              '-d', '600s', '--mark', '--destinations', 1_000_000,
                              '--timeout', '30s', '-l', $rig->{log}, '--any-status');
    return;
}

# When a line was written, by the wall's clock.
sub at {
    my ($line) = @_;
    my ($y, $m, $d, $h, $min, $s) = $line =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+\.\d+)/ or return;
    return mktime(int $s, $min, $h, $d, $m - 1, $y - 1900, 0, 0, -1) + $s - int $s;
}

sub lines { my ($rig, $like) = @_; return grep { /$like/ } split /\n/, $rig->{plex}->log_text }

# The highest number that a node has taken.
sub mark {
    my ($rig) = @_;
    return max(0, map { number_of($_) } map { $_->messages } @{$rig->{sims}});
}

sub number_of { return pack('H*', $_[0][10] // '') =~ /load-(\d+)/ ? $1 + 0 : 0 }

sub sessions { return eval { $_[0]{a}->stats('a')->{sessions}{transceiver} } // 0 }

sub is_back {
    my ($rig) = @_;
    my @ups = lines($rig, qr{f/a: .*-> up });
    my @downs = lines($rig, $down);
    return sessions($rig) >= $connections && @ups >= @downs;
}

# All faults of a batch at one time, until all are seen or it took too long.
sub storm {
    my (@rigs) = @_;
    for my $round (1 .. max(map { $_->{times} // 1 } @rigs)) {
        my @its = grep { ($_->{times} // 1) >= $round } @rigs;
        my $until = time + 1;
        break_it($_) for @its;
        # what is looked at often takes time from what is looked at
        wait_for(1 + max(map { ($_->{within} // $_->{expires}) / 1000 } @its), sub {
            sleep 0.1;
            return time >= $until && !grep {
                my $rig = $_;
                $rig->{expires} ? time < $rig->{begun}[0] + 2 * $rig->{expires} / 1000
                                : lines($rig, $rig->{seen}) < $round;
            } @its;
        });
        my $since = time;
        heal_it($_) for @its;
        for my $rig (@its) {
            my $back = wait_for(10, sub { sleep 0.02; is_back($rig) });
            push @{$rig->{back}}, $back ? max(0, time - $since - stalled($since)) : 99;
        }
        sleep max(0, $since + 1 - time);
    }
    return;
}

# What it has taken since it was started last.
sub share_of_a { return scalar grep { $_->[0] eq 'a' } $_[0]{a}->messages }

# --- what became of it

sub read_load {
    my ($rig) = @_;
    open my $in, '<', $rig->{log} or die "$rig->{log}: $!";
    return map { my @row = split /\t/; {number => $row[1] + 0, status => $row[2], ms => $row[4] / 1000} } <$in>;
}

sub p99 {
    my (@ms) = sort { $a <=> $b } @_;
    return @ms ? $ms[$#ms * 0.99] : 0;
}

# From each fault to the line that tells of it, but for what stood still meanwhile.
sub detection {
    my ($rig) = @_;
    my @seen = map { at($_) } lines($rig, $rig->{seen} // return);
    my @ms;
    for my $begun (@{$rig->{begun}}) {
        my ($first) = grep { $_ >= $begun - 0.002 } @seen;
        push @ms, defined $first ? 1000 * ($first - $begun) - stalled_ms($begun, $first) : 99_999;
    }
    return max(0, @ms);
}

my @table = (sprintf '%-24s %9s %9s %6s %8s %8s %8s %7s %6s %8s %8s %8s', 'fault', 'seen ms', 'within',
             'moved', 'doubtful', 'refused', 'no resp.', 'missing', 'twice', 'p99 calm', 'p99 then', 'back ms');

# `noise`: the p99 of the one that nothing was done to, at the same time.
sub judge {
    my ($rig, $noise) = @_;
    my $report = $rig->{load}->stop;
    my $counters = $rig->{plex}->counters;
    my @answers = read_load($rig);
    my (%taken, %doubtful, %refused);
    $taken{number_of($_)}++ for map { $_->messages } @{$rig->{sims}};
    $doubtful{$_ - 46700000000} = 1
        for map { /in doubt .*destination=(\d+) / ? $1 : () } lines($rig, qr/in doubt/);
    $refused{$_->{status}}++ for grep { $_->{status} ne 'ESME_ROK' } @answers;
    my @ok = grep { $_->{status} eq 'ESME_ROK' } @answers;
    my $missing = grep { !$taken{$_->{number}} } @ok;
    my $twice = grep { $_ > 1 } values %taken;
    my @others = grep { !$doubtful{$_->{number}} } @ok;
    my $before = p99(map { $_->{ms} } grep { $_->{number} > $rate / 2 && $_->{number} < $rig->{mark} } @others);
    my $then = p99(map { $_->{ms} } grep { $_->{number} >= $rig->{mark} } @others);
    if (!$rig->{do}) {
        push @table, sprintf '%-24s %74s %8.1f %8.1f', '(nothing done)', '', $before, $then;
        return $then;
    }
    my $seen = detection($rig);
    my $back = max(map { 1000 * $_ } @{$rig->{back}});

    push @table, sprintf '%-24s %9s %9s %6d %8d %8d %8d %7d %6d %8.1f %8.1f %8.0f', $rig->{name},
        defined $seen ? sprintf('%.0f', $seen) : 'never', defined $rig->{within} ? sprintf('%.0f', $rig->{within}) : "($rig->{expires})", $counters->{moved},
        $counters->{in_doubt}, $report->{refused}, $report->{unanswered}, $missing, $twice, $before, $then, $back;
    diag($table[-1]) if $ENV{SMPPLEX_LONG};

    cmp_ok($report->{sent}, '>=', 0.9 * $rate * ($calm + $after), "$report->{sent} messages were sent");
    is($report->{unanswered}, 0, 'no request is without a response');
    is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'none has two');
    is($report->{connections}{lost}, 0, 'no client has lost its connection');
    is($counters->{sessions_bound}, $connections, 'or had to bind again');
    is($missing, 0, 'every accepted message is in a node\'s log');
    cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice twice: no more than were in doubt");
    if ($rig->{expires}) {
        is_deeply([keys %refused], ['ESME_RSYSERR'], 'what is not answered gets ESME_RSYSERR');
        is($refused{ESME_RSYSERR} // 0, $counters->{expired_up}, 'as counted');
        my @late = map { $_->{ms} } grep { $_->{status} ne 'ESME_ROK' } @answers;
        cmp_ok(min(@late), '>=', $rig->{expires} - 20, 'not before response-timeout');
        cmp_ok(max(@late), '<=', $rig->{expires} + $slack + stalled_ms($rig->{begun}[0]), 'but then: ' . max(@late) . ' ms');
        is($counters->{moved} + $counters->{links_lost}, 0, 'and never goes to another node');
        is(scalar(lines($rig, $down)), 0, 'a node that answers its checks is up');
    } else {
        is($report->{refused}, 0, 'no client saw an error') or diag(join ' ', %refused);
        cmp_ok($seen, '<=', $rig->{within} + $slack, "it is seen in time: $seen ms");
        is(scalar(lines($rig, qr/in doubt .*destination=/)), $counters->{in_doubt}, 'each that is in doubt is in the log')
            if !($rig->{times});
    }
    my $limit = $at_once == 1 ? 2 * $before : max(2 * $before, 3 * $noise, $floor);
    cmp_ok($then, '<=', $limit + stalled_ms($rig->{begun}[0]),
           "others hardly notice: p99 $before ms, then $then ms (where nothing was done: $noise ms)")
        if !sanitized;
    cmp_ok($back, '<', 2000 + $slack, "the node is back, and bound by all, after $back ms");
    cmp_ok(share_of_a($rig), '>', 20, 'and has its share again');
    $rig->{plex}->is_good;
    drop(@{$rig->{sims}});
    return;
}

# Some at a time: the machine is to have time for all. With each goes one that stays well, an
# smpplex of its own: what it sees is the machine's.
while (my @rigs = splice @faults, 0, $at_once) {
    my $well = {name => 'none', check => ['tcp']};
    start_rig($_) for @rigs, $well;
    wait_for(10, sub { !grep { $_->messages < $rate * $calm / 3 } map { $_->{sims}[0] } @rigs });
    $_->{mark} = mark($_) for @rigs, $well;
    storm(@rigs);
    sleep $after;
    wait_for(10, sub { !grep { share_of_a($_) <= 20 } @rigs });
    my $noise = judge($well);
    for my $rig (@rigs) {
        subtest "fault: $rig->{name}" => sub { judge($rig, $noise) };
    }
    $well->{plex}->is_good('where nothing was done');
    drop(@{$well->{sims}});
}

note($_) for @table;
open my $out, '>', "$ENV{SMPPLEX_WORK}/faults.txt" or die "faults.txt: $!";
print $out map { "$_\n" } @table;
close $out;
done_testing;
