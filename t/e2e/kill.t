#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# A node's process is killed under load and comes back: no client notices.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my ($rate, $more) = $ENV{SMPPLEX_LONG} ? (5000, 80_000) : (3000, 3000);
my ($connections, $window) = (4, 50);

# Three processes, a node each. A log is line by line on disk before its answer
# is: what was accepted must be in one.
my %sims = map { $_ => start_sim("$_=0,latency=exp:20ms", {text => 16}) } qw(a b c);
my $plex = start_plex(conf => conf_text(
    farm => {reconnect => '200ms', 'reconnect-max' => '500ms'},
    nodes => [map { [$_, $sims{$_}->addr($_)] } sort keys %sims]));

sub taken {
    my ($sim) = @_;
    my %numbers;
    open my $log, '<', $sim->{log} or return {};
    while (my $line = <$log>) {
        my $text = pack 'H*', (split /\t/, $line)[10] // '';
        $numbers{$1 + 0}++ if $text =~ /load-(\d+)/;
    }
    return \%numbers;
}

my $log = work_dir . '/load.log';
my $begun = time;
my $load = start_load('-t', $plex->addr, '-c', $connections, '-w', $window, '-r', $rate,
                      '-d', '600s', '--mark', '--max-gap', '-l', $log, '--timeout', '60s');
eventually('all three nodes are at work', sub {
    !grep { -s $sims{$_}{log} < 20_000 } keys %sims;
}, 20);

my ($addr) = $sims{b}->addr('b') =~ /(\d+)$/;
is($sims{b}->end('KILL'), 'signal 9', 'one is killed');
eventually('its links are lost', sub { $plex->counters->{links_lost} >= $connections });
my $open = $plex->counters;
cmp_ok($open->{moved}, '>', 0, "$open->{moved} requests moved, $open->{in_doubt} in doubt");

my $back = start_sim("b=$addr,latency=exp:20ms", {text => 16});
links_are_bound($plex, 4 * $connections, 'back again, it is bound by all sessions');
my %mark = (b => scalar($back->messages), map { $_ => scalar($sims{$_}->messages) } qw(a c));
eventually('and at work', sub { $back->messages > $mark{b} + $more }, 60);
my $report = $load->stop;
my %gain = map { $_ => ($_ eq 'b' ? $back : $sims{$_})->messages - $mark{$_} } qw(a b c);
is($plex->counters->{sessions_bound}, $connections, 'no client had to bind again');
cmp_ok($gain{b}, '>', 0.9 * $gain{a}, "it has its share again: $gain{a}, $gain{b}, $gain{c}");

is($report->{accepted}, $report->{sent}, "$report->{accepted} messages are accepted");
is($report->{refused}, 0, 'no client saw an error');
is($report->{unanswered}, 0, 'no request is without a response');
is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'none has two');
is($report->{connections}{lost}, 0, 'no connection was lost');
cmp_ok($report->{longest_gap_ms}, '<', 1000 + stalled_ms($begun), "the others take over at once: longest gap "
       . "$report->{longest_gap_ms} ms");

my %logged;
for my $sim (values %sims, $back) {
    my $numbers = taken($sim);
    $logged{$_} += $numbers->{$_} for keys %$numbers;
}
open my $in, '<', $log or die "$log: $!";
my ($accepted, $missing) = (0, 0);
while (my $line = <$in>) {
    my (undef, $number, $status) = split /\t/, $line;
    next if $status ne 'ESME_ROK';
    $accepted++;
    $missing++ if !$logged{$number};
}
is($accepted, $report->{accepted}, 'the load\'s log is whole');
is($missing, 0, 'every accepted message is in a node\'s log');
my $twice = grep { $_ > 1 } values %logged;
my $counters = $plex->counters;
cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice messages are there twice, of "
       . "$counters->{in_doubt} in doubt");
cmp_ok($counters->{in_doubt}, '<=', $connections * $window, 'no more than were in flight');
$plex->is_good;
drop(values %sims, $back);
done_testing();
