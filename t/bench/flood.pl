#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench-flood: what one account that sends all it can means for the messages of
# others, where its rate is limited. Rounds with and without the flood take turns. A pair of
# rounds in which the host gave the processors to others for more than 1 % of the time
# says nothing about smpplex and is made again, five times as many pairs at most.
#
#     flood.pl [--pairs N] [--seconds N] [--limit N] [--check]
# With --check it fails where the others' p99 is more than doubled.
use strict;
use warnings;
use File::Basename qw(dirname);
use Getopt::Long;
use Time::HiRes qw(sleep);

use lib dirname(__FILE__);
use Bench;
use Smpplex::Test;

my ($pairs, $seconds, $limit, $check) = (7, 2, 5000, 0);
GetOptions('pairs=i' => \$pairs, 'seconds=i' => \$seconds, 'limit=i' => \$limit, 'check' => \$check)
    && !@ARGV && $pairs > 0 or die "usage: flood.pl [--pairs N] [--seconds N] [--limit N] [--check]\n";
$| = 1;

my @names = qw(a b c d);
my $sim = start_sim((map { "$_=0" } @names), {no_log => 1});
my $plex = start_plex(log_level => 'notice', conf => conf_text(
    farm => {rate => $limit}, nodes => [map { [$_, $sim->addr($_)] } @names]));
my $processors = () = Smpplex::Test::slurp('/proc/cpuinfo') =~ /^processor/mg;

# How much of the processors' time the host has given to others, in hundredths of a second.
sub stolen { return (split ' ', Smpplex::Test::slurp('/proc/stat'))[8] }

sub one_round {
    my ($flooded) = @_;
    my ($flood, $account);
    if ($flooded) {     # its burst of a second is over before the others are looked at
        $flood = start_load('-t', $plex->addr, '--account', 'flood:load', '-c', 10, '-w', 100,
                            '-d', ($seconds + 2) . 's', '--quiet');
        sleep 1.5;
    }
    my $before = stolen();
    my $report = run_load('-t', $plex->addr, '--account', 'other:load', '-c', 4, '-w', 20,
                          '-r', 1000, '-d', "${seconds}s", '--quiet');
    my $row = {stolen => stolen() - $before, map { $_ => $report->{latency_ms}{$_} } qw(p50 p99)};
    die "smppload: $report->{stderr}\n" if !$report->{good};
    $row->{flood} = $flood->wait_report(60)->{accepted} if $flooded;
    return $row;
}

one_round(0);
my (@calm, @flooded);
for my $pair (1 .. 5 * $pairs) {
    my ($calm, $flooded) = $pair % 2 ? map { one_round($_) } 0, 1 : reverse map { one_round($_) } 1, 0;
    my $counts = $calm->{stolen} + $flooded->{stolen} <= 2 * $seconds * $processors;
    printf "pair %d: p99 of others %.2f ms, beside the flood %.2f ms (p50 %.2f, %.2f)%s\n", $pair,
        $calm->{p99}, $flooded->{p99}, $calm->{p50}, $flooded->{p50},
        $counts ? '' : '; not counted: the host was busy';
    next if !$counts;
    push @calm, $calm;
    push @flooded, $flooded;
    last if @calm == $pairs;
}
$plex->end('TERM');
if (@calm < $pairs) {
    print 'only ', scalar(@calm), " pairs of $pairs count: the host is too busy to say\n";
    exit 2;
}

my $times = median(column('p99', @flooded)) / median(column('p99', @calm));
printf "\n%d pairs of %d s, others 1,000 messages a second, one account that may send %d and wants more\n",
    $pairs, $seconds, $limit;
printf "p99 of others      calm %s ms, flooded %s ms: %.2f times\n", about('%.2f', column('p99', @calm)),
    about('%.2f', column('p99', @flooded)), $times;
printf "p50 of others      calm %s ms, flooded %s ms\n", about('%.2f', column('p50', @calm)),
    about('%.2f', column('p50', @flooded));
printf "the flood          %s messages in %d s\n", about('%.0f', column('flood', @flooded)), $seconds + 2;
exit($check && $times > 2 ? 1 : 0);
