#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# balance = standby: a primary takes all; it is killed under load, the hot standby
# takes over; when the primary is back it takes all again.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(time);

use Smpplex::Stalls;
use Smpplex::Test;

my $begun = time;
my ($rate, $enough) = $ENV{SMPPLEX_LONG} ? (20_000, 60_000) : (3000, 1000);

my %sims = map { $_ => start_sim("$_=0", {text => 16}) } qw(primary standby);
my $plex = start_plex(conf => conf_text(
    farm => {balance => 'standby', reconnect => '200ms', 'reconnect-max' => '500ms'},
    nodes => [map { [$_, $sims{$_}->addr($_)] } qw(primary standby)]));
my $log = work_dir . '/load.log';
my $load = start_load('-t', $plex->addr, '-c', 4, '-w', 50, '-r', $rate, '-d', '300s', '--mark',
                      '--max-gap', '-l', $log, '--timeout', '60s');

eventually('the primary is at work', sub { $sims{primary}->stats('primary')->{taken} > $enough }, 20);
is(scalar($sims{standby}->messages), 0, 'and the standby has nothing to do');

my ($port) = $sims{primary}->addr('primary') =~ /(\d+)$/;
is($sims{primary}->end('KILL'), 'signal 9', 'the primary is killed');
eventually('the standby takes over', sub { $sims{standby}->stats('standby')->{taken} > $enough }, 20);

my $back = start_sim("primary=$port", {text => 16});
eventually('the primary is back, and bound by every session', sub {
    $back->stats('primary')->{sessions}{transceiver} == 4;
}, 20);
stays('it takes all messages again, and the standby stands by',
      sub { $sims{standby}->stats('standby')->{taken} },
      sub { $back->stats('primary')->{taken} }, 1.5 * $enough, 20);

my $report = $load->stop;
is($report->{refused}, 0, 'no request was refused');
is($report->{unanswered}, 0, 'none was left without a response');
is($report->{accepted}, $report->{sent}, "all of the $report->{sent} were accepted");
cmp_ok($report->{longest_gap_ms}, '<', ($ENV{SMPPLEX_LONG} ? 25 : 250) * slow_machine + stalled_ms($begun),
       "the longest gap between two responses: $report->{longest_gap_ms} ms");

my %accepted = map { my @row = split /\t/; $row[2] eq 'ESME_ROK' ? ($row[1] + 0 => 1) : () }
    split /\n/, Smpplex::Test::slurp($log);
for my $sim ($sims{primary}, $sims{standby}, $back) {
    for my $line (split /\n/, Smpplex::Test::slurp($sim->{log})) {
        my $text = pack 'H*', (split /\t/, $line)[10] // '';
        delete $accepted{$1 + 0} if $text =~ /load-(\d+)/;
    }
}
is(scalar keys %accepted, 0, 'every accepted message is in a node\'s log');
$plex->is_good;
done_testing;
