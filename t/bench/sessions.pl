#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench-sessions: what very many sessions cost. How long binding takes when all come
# at once, what an idle one holds, and what a message costs beside so many and beside a
# hundred, in turns, at the same rate; for as many as it takes, through HAProxy (Debian:
# haproxy) in TCP mode, too. With links by session each has four links, so a session has five
# connections here; by account thousands share a few.
#
#     sessions.pl [--rounds N] [--seconds N] [--rate N] [--check]
#
# --rate 0: each session sends as soon as it has its answer.
use strict;
use warnings;
use File::Basename qw(dirname);
use Getopt::Long;
use Time::HiRes qw(sleep time);

use lib dirname(__FILE__);
use Bench;
use Smpplex::Test;

my ($rounds, $seconds, $rate, $check) = (5, 2, 20_000);
GetOptions('rounds=i' => \$rounds, 'seconds=f' => \$seconds, 'rate=i' => \$rate, check => \$check)
    && !@ARGV && $rounds > 0
    or die "usage: sessions.pl [--rounds N] [--seconds N] [--rate N] [--check]\n";
$| = 1;

my @NODES = qw(a b c d);
my $sim = start_sim((map { "$_=0" } @NODES), {no_log => 1});
my $haproxy = start_haproxy({map { $_ => $sim->addr($_) } @NODES});

sub smpplex {
    my ($links) = @_;
    return start_plex(log_level => 'notice', conf => conf_text(
        top => {workers => 1}, farm => {links => $links, 'bind-gather' => '100ms'},
        nodes => [map { [$_, $sim->addr($_)] } @NODES]));
}

# Binds so many; returns the load and the seconds.
sub bound {
    my ($plex, $n, $accounts, @more) = @_;
    my $before = $plex->counters->{sessions_bound};
    my $begun = time;
    my $load = start_load('-t', $plex->addr, '-c', $n, '-a', $accounts, '--quiet', @more);

    wait_for(30, sub { sleep 0.05; $plex->counters->{sessions_bound} == $before + $n })
        or die "there are not $n sessions\n";
    return ($load, time - $begun);
}

# Ends a load, and waits until smpplex has nothing of it any more.
sub end_load {
    my ($plex, $load) = @_;
    $load->signal('INT');
    is_good($load->wait_report(60));
    wait_for(30, sub { sleep 0.05; my $now = $plex->counters; $now->{sessions} + $now->{linksets} == 0 })
        or die "sessions are left\n";
    return;
}

# Microseconds of a program for a message while so many sessions send.
sub message {
    my ($program, $n, $accounts) = @_;
    return cpu_round($program, $sim, $seconds, -c => $n, -a => $accounts,
                     $rate ? (-r => $rate) : (-w => 1))->{total};
}

# The same beside many and beside a hundred, and how many times as much that is.
sub growth {
    my ($program, $n, $accounts, $round) = @_;
    my %us = map { ($_ => message($program, $_, $_ == $n ? $accounts : 10)) }
        $round % 2 ? ($n, 100) : (100, $n);
    return {many => $us{$n}, few => $us{100}, times => $us{$n} / $us{100}};
}

sub look_at {
    my ($links, $n, $accounts) = @_;
    my (@binding, @each, @of_ours, @of_haproxys);

    for my $round (1 .. $rounds) {
        my $plex = smpplex($links);     # a new one, whose memory no load has grown
        my $rss = $plex->rss;
        my ($load, $took) = bound($plex, $n, $accounts, '-n', $n, '--idle', '300s');
        sleep 1;
        push @each, ($plex->rss - $rss) / $n;
        push @binding, $took;
        end_load($plex, $load);
        my $ours = growth($plex, $n, $accounts, $round);
        drop($plex);
        printf "by %s, round %d: %d bound in %.1f s, %.1f KiB each; %.2f us a message, with 100 sessions %.2f\n",
            $links, $round, $n, $took, $each[-1], @$ours{qw(many few)};
        push @of_ours, $ours;
        push @of_haproxys, growth($haproxy, $n, $accounts, $round) if $n <= HAPROXY_MAXCONN;
    }
    print_table(sprintf('%d sessions, links by %s, %d accounts', $n, $links, $accounts),
        ['bound in, s', about('%.1f', @binding)], ['an idle one, KiB', about('%.1f', @each)],
        (map { my ($name, @growth) = @$_;
               (["a message, us$name", about('%.2f', column('many', @growth))],
                ["with 100 sessions, us$name", about('%.2f', column('few', @growth))],
                ["times$name", about('%.2f', column('times', @growth))]) }
         ['', @of_ours], @of_haproxys ? [', HAProxy', @of_haproxys] : ()));
    holds("$n sessions by $links are bound, s", '%.1f', median(@binding), 5);
    holds("an idle session by $links, KiB", '%.1f', median(@each), 12);
    holds("a message beside $n sessions by $links, times", '%.2f',
          median(column('times', @of_ours)), 1.3);
    return;
}

look_at('session', 3500, 35);
look_at('account', 9000, 90);
drop($haproxy, $sim);
exit(print_claims() || !$check ? 0 : 1);
