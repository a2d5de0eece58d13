#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Many messages over many connections. SMPPLEX_LONG=1: a million.
use strict;
use warnings;
use Test::More;

use Smpplex::Peer;
use Smpplex::Test;

my $n = $ENV{SMPPLEX_LONG} ? 1_000_000 : 200_000;
my $sim = start_sim("a=0,ids=prefix:0001", "b=0,ids=prefix:0002", "c=0,ids=prefix:0003");
my $plex = start_plex(conf => conf_text(nodes => [map { [$_, $sim->addr($_)] } qw(a b c)]));
my $load = start_load('-t', $plex->addr, '-c', 100, '-a', 10, '-n', $n, '-w', 50, '--receipts',
                      '--id-check', '--receipt-wait', '30s', '--timeout', '120s');

# Resident memory, all the while.
my @rss;
wait_for(300, sub {
    push @rss, $plex->rss;
    return defined $load->exited;
});
my ($middle, $end) = @rss[@rss / 2, -1];
my $report = $load->wait_report(60);
is($report->{exit}, 0, 'smppload finds no fault');
is($report->{accepted}, $n, "$n messages are accepted");
is($report->{unanswered}, 0, 'none is without a response');
is($report->{duplicate_responses}, 0, 'none has two');
is($report->{unexpected_responses}, 0, 'there is none to nothing');
is($report->{message_ids}{duplicate}, 0, 'no message_id comes twice');
is_deeply([@{$report->{receipts}}{qw(expected received missing unknown_id duplicate)}],
          [$n, $n, 0, 0, 0], 'each message has its receipt');
my $taken = 0;
$taken += $sim->stats($_)->{taken} for qw(a b c);
is($taken, $n, 'the nodes took as many');
eventually('all sessions have ended', sub { $plex->counters->{sessions} == 0 });
my $counters = $plex->counters;
is_deeply([@$counters{qw(requests_up responses_up requests_down responses_down)}], [($n) x 4],
          'smpplex counts the same');
is_deeply([@$counters{qw(moved links_lost unexpected_responses turned_back sessions)}], [(0) x 5],
          'and nothing out of the ordinary');
is($counters->{memory}, 0, 'it keeps nothing');
SKIP: {
    skip 'memory is the sanitizer\'s', 1 if sanitized();
    cmp_ok($end, '<', 1.2 * $middle, "its memory is flat: $middle KiB, then $end KiB");
}
note("$report->{accepted_per_s} a second, 99 % within $report->{latency_ms}{p99} ms");
$plex->is_good;
drop($sim);
done_testing();
