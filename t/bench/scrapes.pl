#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench-scrapes: what 1,000 scrapes of /metrics a second mean for messages while there
# are 3,000 sessions. Rounds with and without take turns; clients, nodes, smpplex and
# whoever scrapes share the machine's processors, so the rate of messages leaves room.
#
#     scrapes.pl [--rounds N] [--sessions N] [--rate N] [--scrapes N] [--seconds N] [--check]
# With --check it fails where messages' p99 is more than 1.2 times that without, or where a
# scrape on its own takes 50 ms.
use strict;
use warnings;
use File::Basename qw(dirname);
use Getopt::Long;
use Time::HiRes qw(sleep time);

use lib dirname(__FILE__);
use Bench;
use Smpplex::Http;
use Smpplex::Test;

my ($rounds, $sessions, $rate, $scrapes, $seconds, $check) = (5, 3000, 3000, 1000, 6, 0);
GetOptions('rounds=i' => \$rounds, 'sessions=i' => \$sessions, 'rate=i' => \$rate, 'scrapes=i' => \$scrapes,
           'seconds=i' => \$seconds, 'check' => \$check)
    && !@ARGV && $rounds > 0 or die "usage: scrapes.pl [--rounds N] [--sessions N] [--rate N] [--scrapes N] [--seconds N] [--check]\n";
$| = 1;

my $scraper = work_dir . '/scraper';
system(split(' ', $ENV{TEST_CC} // 'cc'), '-O2', '-D_GNU_SOURCE', '-o', $scraper, dirname(__FILE__) . '/scraper.c') == 0
    or die "scraper.c: cannot be compiled\n";

my @names = qw(a b c d);
my $sim = start_sim((map { "$_=0,latency=5ms" } @names), {no_log => 1});
my $plex = start_plex(log_level => 'notice', conf => conf_text(
    farm => {links => 'account'}, nodes => [map { [$_, $sim->addr($_)] } @names])
    . "status { address = \"127.0.0.1:0\" }\n");
my ($port) = $plex->addr('status') =~ /(\d+)$/;

# Nanoseconds on a processor by the name of the thread's part: the master, and the workers.
sub busy {
    my %ns;
    for my $task (glob "/proc/$plex->{pid}/task/*") {
        my ($id) = $task =~ /(\d+)$/;
        $ns{$id == $plex->{pid} ? 'master' : 'workers'} += (split ' ', Smpplex::Test::slurp("$task/schedstat"))[0] // 0;
    }
    return \%ns;
}

sub one_round {
    my ($scraped) = @_;
    my $load = start_load('-t', $plex->addr('smpp'), '-c', $sessions, '-a', 10, '-w', 10, '-r', $rate,
                          '-d', ($seconds + 2) . 's', '--quiet');
    my $bound = sub { http_get("127.0.0.1:$port", '/metrics')->{body} =~ /^smpplex_sessions_bound (\d+)$/m ? $1 : 0 };
    wait_for(60, sub { sleep 0.1; $bound->() == $sessions }) or die "there are not $sessions sessions\n";
    my ($before, $begun, %row) = (busy(), time);
    if ($scraped) {
        my $said = `$scraper $port /metrics $scrapes $seconds`;
        $said =~ /^(\d+) (\d+) (\d+) (\d+) (\d+)$/ or die "the scraper says: $said\n";
        @row{qw(scrapes octets p50 p99 max)} = ($1, $2, map { $_ / 1000 } $3, $4, $5);
    } else {
        sleep $seconds;
    }
    my ($after, $passed) = (busy(), (time - $begun) * 1e9);
    my $report = $load->wait_report(60);
    die "smppload: $report->{stderr}\n" if !$report->{good};
    wait_for(60, sub { sleep 0.1; $bound->() == 0 });
    return {%row, p99_messages => $report->{latency_ms}{p99}, p50_messages => $report->{latency_ms}{p50},
            map { ($_ => 100 * ($after->{$_} - $before->{$_}) / $passed) } qw(master workers)};
}

one_round(0);
my (%rows, @alone);
for my $round (1 .. $rounds) {
    for my $scraped ($round % 2 ? (0, 1) : (1, 0)) {
        my $row = one_round($scraped);
        push @{$rows{$scraped}}, $row;
        printf "round %d, %s: p99 of messages %.2f ms, p50 %.2f ms%s\n", $round, $scraped ? 'scraped' : 'calm   ',
            $row->{p99_messages}, $row->{p50_messages},
            $scraped ? sprintf('; scrapes p50 %.2f, p99 %.2f, longest %.1f ms', @$row{qw(p50 p99 max)}) : '';
    }
}
$plex->end('TERM');

my ($calm, $busy) = map { median(column('p99_messages', @{$rows{$_}})) } 0, 1;
my $longest = (sort { $b <=> $a } column('max', @{$rows{1}}))[0];
printf "\n%d sessions, %d messages a second, %d scrapes a second of %d octets, %d rounds of %d s, %d processors\n",
    $sessions, $rate, $scrapes, $rows{1}[0]{octets}, $rounds, $seconds, scalar(() = Smpplex::Test::slurp('/proc/cpuinfo') =~ /^processor/mg);
printf "p99 of messages    calm %s ms, scraped %s ms: %.2f times\n", about('%.2f', column('p99_messages', @{$rows{0}})),
    about('%.2f', column('p99_messages', @{$rows{1}})), $busy / $calm;
printf "a scrape           p50 %s ms, p99 %s ms, longest %.1f ms\n", about('%.2f', column('p50', @{$rows{1}})),
    about('%.2f', column('p99', @{$rows{1}})), $longest;
for my $part (qw(master workers)) {
    printf "%-18s calm %s %%, scraped %s %% of a processor\n", $part, about('%.1f', column($part, @{$rows{0}})),
        about('%.1f', column($part, @{$rows{1}}));
}
exit($check && ($busy / $calm > 1.2 || median(column('p99', @{$rows{1}})) >= 50) ? 1 : 0);
