#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Many kills in a row, of random nodes, under load with long messages: nothing accepted is
# missing, every request has its one response, no long message is parted but by a death, and
# what is there twice was in doubt. SMPPLEX_LONG=1: a hundred kills.
use strict;
use warnings;
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Test;

my $kills = $ENV{SMPPLEX_LONG} ? 100 : 8;
my ($rate, $connections, $window) = (1500, 4, 50);
# Sessions of one account may share their links.
my $links = ($ENV{SMPPLEX_LINKS} // "") eq "account" ? 1 : $connections;
my $seed = $ENV{SEED} // time ^ $$;

srand $seed;
diag("SEED=$seed") if $ENV{SEED};
my %sims = map { $_ => [start_sim("$_=0,latency=exp:5ms", {text => 32})] } qw(a b c);
my %port = map { $_ => $sims{$_}[0]->addr($_) =~ s/.*://r } keys %sims;
my $check = join "\n", 'check {', 'interval = 200ms', 'fast-interval = 50ms', 'down-interval = 50ms',
    'rise = 1', 'fall = 1', '}';
my $conf = conf_text(farm => {reconnect => '50ms', 'reconnect-max' => '100ms'},
                     nodes => [map { [$_, $sims{$_}[0]->addr($_)] } sort keys %sims])
    =~ s/^(farm f \{\n)/$1$check\n/mr;
my $plex = start_plex(conf => $conf);
my $log = work_dir . '/load.log';
my $load = start_load('-t', $plex->addr, '-c', $connections, '-w', $window, '-r', $rate, '-d', '900s',
                      '--mark', '--long', 30, '--concat', 'mix', '--parts-over',
                      'several', '--parts', '2-6', '-l', $log, '--timeout', '60s');

eventually('all are at work', sub { !grep { $sims{$_}[0]->messages < 100 } keys %sims }, 10);
my ($in_doubt, $worst) = (0, 0);
for my $n (1 .. $kills) {
    my @names = sort keys %sims;
    my $it = $names[rand @names];
    my $due = time + 0.4;
    $sims{$it}[-1]->end('KILL');
    my $counters = $plex->counters;
    my $more = $counters->{in_doubt} - $in_doubt;
    $worst = $more if $more > $worst;
    $in_doubt = $counters->{in_doubt};
    push @{$sims{$it}}, start_sim("$it=$port{$it},latency=exp:5ms", {text => 32});
    # as smpplex itself has heard: what it loses before counts as a failure to bind
    wait_for(10, sub { $plex->counters->{links_bound} >= (3 + $n) * $links })
        or fail("kill $n, of $it: it is not bound again");
    sleep $due - time if $due > time;
}
my $report = $load->stop;
my $counters = $plex->counters;
diag("$kills kills: $counters->{moved} moved, $counters->{in_doubt} in doubt, at most $worst by one; "
     . "longest gap $report->{longest_gap_ms} ms, p99 $report->{latency_ms}{p99} ms") if $ENV{SMPPLEX_LONG};

is($counters->{sessions_bound}, $connections, "no client had to bind again in $kills kills");
cmp_ok($counters->{links_lost}, '>=', $kills * $links, "$counters->{links_lost} links were lost");
is($report->{accepted}, $report->{sent}, "all of $report->{sent} messages are accepted");
is($report->{unanswered}, 0, 'no request is without a response');
is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'and none has two');
is($report->{connections}{lost}, 0, 'no connection is lost');

# What the nodes have, life by life.
my (%taken, %sets);
for my $name (sort keys %sims) {
    for my $life (0 .. $#{$sims{$name}}) {
        for my $row ($sims{$name}[$life]->messages) {
            $taken{$1 + 0}++ if pack('H*', $row->[10]) =~ /load-(\d+)/;
            push @{$sets{join ' ', @$row[1, 2, 3, 6, 7, 8]}{"$name$life"}}, $row->[9] if $row->[6] ne '-';
        }
    }
}
open my $in, '<', $log or die "$log: $!";
my ($accepted, $missing) = (0, 0);
while (my $line = <$in>) {
    my (undef, $number, $status) = split /\t/, $line;
    next if $status ne 'ESME_ROK';
    $accepted++;
    $missing++ if !$taken{$number + 0};
}
is($accepted, $report->{accepted}, 'the load\'s log is whole');
is($missing, 0, 'every accepted message is in a node\'s log');
my $twice = sum0(map { $_ - 1 } grep { $_ > 1 } values %taken);
cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice are there once more: at most the $counters->{in_doubt} in doubt");
cmp_ok($worst, '<=', $connections * $window, "no more were in doubt at once than were in flight: $worst");

# A set that stands with several nodes: all but one of these have died then, so that at
# most one is the last life of its node.
my ($parted, $wrong) = (0, 0);
for my $set (values %sets) {
    my @lives = keys %$set;
    next if @lives == 1;
    $parted++;
    $wrong++ if 1 < grep { my ($name, $life) = /^(\D)(\d+)$/; $life == $#{$sims{$name}} } @lives;
}
is($wrong, 0, "of " . keys(%sets) . " long messages $parted were parted, none but by a death");
$plex->is_good;
drop(map { $_->[-1] } values %sims);
done_testing;
