#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench-compare: what a message costs through smpplex, through HAProxy (Debian:
# haproxy) in TCP mode with one thread, which carries octets and looks at none, and
# through nothing at all. The same four nodes and the same load for all, which take turns
# round by round; of ratios of rounds that stood side by side the median is told.
#
#     compare.pl [--rounds N] [--seconds N] [--shapes 10x100,...] [--csv FILE] [--plot FILE]
#                [--check]
#
# A shape is connections x window. --plot (SVG) needs gnuplot.
use strict;
use warnings;
use File::Basename qw(dirname);
use Getopt::Long;
use Time::HiRes qw(sleep);

use lib dirname(__FILE__);
use Bench;
use Smpplex::Test;

my @shapes = map { my $w = $_; map { "${_}x$w" } 1, 10, 100, 1000 } 1, 10, 100;
my ($rounds, $seconds, $shapes, $csv, $plot, $check) = (5, 1);
GetOptions('rounds=i' => \$rounds, 'seconds=f' => \$seconds, 'shapes=s' => \$shapes,
           'csv=s' => \$csv, 'plot=s' => \$plot, check => \$check) && !@ARGV && $rounds > 0
    or die "usage: compare.pl [--rounds N] [--seconds N] [--shapes LIST] [--csv FILE] "
         . "[--plot FILE] [--check]\n";
@shapes = split /,/, $shapes if $shapes;
$| = 1;

my @NODES = qw(a b c d);
my @ACCOUNTS = (-a => 10);
my @LONG = ('--long' => 100, '--parts' => '2-10', '--concat' => 'mix');

my $sim = start_sim((map { "$_=0" } @NODES), {no_log => 1});
my $nodes = join "\n", map { qq(node $_ { address = "@{[$sim->addr($_)]}" }) } @NODES;

sub smpplex {
    my ($links, $workers) = @_;
    return start_plex(log_level => 'notice', conf => <<"END");
workers = $workers
farm f {
links = $links
$nodes
}
listener smpp { address = "127.0.0.1:0" }
END
}

# What has no process of its own.
package Nothing {
    sub args { return map { ('-t', $sim->addr($_)) } @NODES }
}

my %who = (haproxy => start_haproxy({map { $_ => $sim->addr($_) } @NODES},
                                    default => 'option splice-auto'),
           session => smpplex('session', 1),
           account => smpplex('account', 1), 'two workers' => smpplex('session', 2));
my @proxies = ('haproxy', 'session', 'account', 'two workers');

# --- closed loop: processor time and throughput ---

# {proxy => [rows of cpu_round]}
sub rounds_of {
    my ($names, @load) = @_;
    my %got;
    for my $round (1 .. $rounds) {
        for my $name (@$names) {
            push @{$got{$name}}, cpu_round($who{$name}, $sim, $seconds, @load);
        }
    }
    return \%got;
}

sub ratio {
    my ($got, $name, $to) = @_;
    return median(map { $got->{$name}[$_]{total} / $got->{$to}[$_]{total} } 0 .. $rounds - 1);
}

my %seen;   # {shape}{proxy} => rows

sub row_of {
    my ($name, $got) = @_;
    my @rows = @{$got->{$name}};
    return [$name, (map { sprintf '%.2f', median(column($_, @rows)) } qw(total user system)),
            sprintf('%.0f', median(column('per_s', @rows))),
            sprintf('%.2f', ratio($got, $name, 'haproxy'))];
}

sub compare {
    my ($title, $case, @load) = @_;
    my $got = $seen{$case} = rounds_of(\@proxies, @load);
    print_table($title, ['', 'us/message', 'user', 'system', 'messages/s', 'to haproxy'],
                map { row_of($_, $got) } @proxies);
    for my $name (@proxies) {
        for my $round (0 .. $rounds - 1) {
            note_figure($case, $name, $round + 1, $_, $got->{$name}[$round]{$_})
                for qw(total user system per_s);
        }
    }
    return;
}

for my $shape (@shapes) {
    my ($c, $w) = split /x/, $shape;
    my @accounts = $c >= 10 ? @ACCOUNTS : ();
    compare("$c connections, window $w", $shape, -c => $c, -w => $w, @accounts);
    compare("$c connections, window $w, long messages", "$shape long", -c => $c, -w => $w,
            @accounts, @LONG) if $shape eq '10x100' || $shape eq '100x10';
    # with an account for each connection there is nothing that links by account could share
    compare("$c connections, window $w, one account", "$shape one", -c => $c, -w => $w)
        if $shape eq '10x100';
}

# --- open loop: latency at the same rate ---

sub latency_round {
    my ($name, @load) = @_;
    my @to = $name eq 'nothing' ? Nothing::args() : ('-t', $who{$name}->addr);
    my $report = run_load(@to, '--quiet', @load);
    die "$name: $report->{stderr}\n" if !$report->{good};
    return {map { ($_ => $report->{latency_ms}{$_} * 1000) } 'p50', 'p99', 'p99.9'};
}

sub open_loop {
    my ($c, $rate) = @_;
    my @names = ('nothing', @proxies);
    my @load = (-c => $c, -w => 1000, -r => $rate, -d => '2s', @ACCOUNTS);
    my %got;
    for my $round (1 .. $rounds) {
        for my $name (@names) {
            my $row = latency_round($name, @load);
            push @{$got{$name}}, $row;
            note_figure("open loop $rate/s", $name, $round, $_, $row->{$_}) for sort keys %$row;
        }
    }
    print_table("$c connections, open loop, $rate messages a second: latency in us",
                ['', 'p50', 'p99', 'p99.9'],
                map { my $name = $_; [$name, map { about('%.0f', column($_, @{$got{$name}})) }
                                      'p50', 'p99', 'p99.9'] } @names);
    my $added = sub { my ($name) = @_;
        return median(map { $got{$name}[$_]{p50} - $got{nothing}[$_]{p50} } 0 .. $rounds - 1) };
    return $added->('session') / $added->('haproxy');
}

my $added = open_loop(10, 10_000);

sub resident { my ($pid) = @_;
    open my $file, '<', "/proc/$pid/status" or return 0;
    return (map { /^VmRSS:\s+(\d+)/ ? $1 : () } <$file>)[0];
}
print_table('Resident memory behind all that, in KiB',
            map { [$_, resident($who{$_}{pid})] } @proxies);

# --- the end ---

# The promises, of those shapes that were measured.
sub promise { my ($words, $case, $value, $limit) = @_;
    holds($words, '%.2f', $value->($seen{$case}), $limit) if $seen{$case};
    return;
}
my $session = sub { ratio($_[0], 'session', 'haproxy') };
my $account = sub { ratio($_[0], 'account', 'haproxy') };
promise('window 1, 100 connections: to haproxy', '100x1', $session, 1.1);
promise('window 1, 1000 connections: to haproxy', '1000x1', $session, 1.1);
promise('window 10, 100 connections: to haproxy', '100x10', $session, 2.2);
promise('the same, links = account', '100x10', $account, 1.0);
promise('window 100, 10 connections: us a message', '10x100',
        sub { median(column('total', @{$_[0]{session}})) }, 1);
promise('the same, user part', '10x100',
        sub { median(column('user', @{$_[0]{session}})) }, 0.35);
promise('the same, links = account, one account: to haproxy', '10x100 one', $account, 2);
promise('window 10, 100 connections, two workers: to one', '100x10',
        sub { ratio($_[0], 'two workers', 'session') }, 1 / 0.9);
holds('open loop: p50 added, to what haproxy adds', '%.2f', $added, 1.3);
my $ok = print_claims();

csv_write($csv) if $csv;
drop(values %who);
drop($sim);
write_plot($plot) if $plot;
exit($check && !$ok ? 1 : 0);

# Processor time a message, by shape.
sub write_plot {
    my ($path) = @_;
    my $data = work_dir . '/compare.dat';
    open my $file, '>', $data or die "$data: $!";
    print $file join(' ', 'shape', map { tr/ /-/r } @proxies), "\n";
    for my $shape (grep { $seen{$_} } @shapes) {
        print $file join(' ', $shape, map { median(column('total', @{$seen{$shape}{$_}})) }
                         @proxies), "\n";
    }
    close $file or die "$data: $!";
    open my $gnuplot, '|-', 'gnuplot' or die "gnuplot is missing: ./bootstrap --bench\n";
    print $gnuplot <<"END";
set terminal svg size 960,480 background rgb 'white'
set output '$path'
set style data histogram
set style fill solid 0.8
set logscale y
set grid ytics
set ylabel 'microseconds of processor time a message'
set xlabel 'connections x window'
set key top right autotitle columnhead
plot for [i=2:@{[@proxies + 1]}] '$data' using i:xtic(1)
END
    close $gnuplot or die "gnuplot failed\n";
    return;
}
