#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench: what a message costs smpplex, against four nodes of one smppsim.
# What is compared runs in alternation, for a few seconds each, so that whatever
# else the machine does meets all of it alike.
#
#     bench.pl [--check] [--csv FILE] [--rounds N] [--seconds N]
use strict;
use warnings;
use Cwd ();
use File::Basename qw(dirname);
use File::Path qw(remove_tree);
use Getopt::Long;
use POSIX ();

use lib dirname(__FILE__);
use Bench;
use Smpplex::Test;

my ($rounds, $seconds, $check, $csv) = (15, 1);
GetOptions('rounds=i' => \$rounds, 'seconds=f' => \$seconds, 'check' => \$check, 'csv=s' => \$csv)
    && !@ARGV && $rounds > 0 && $seconds > 0
    or die "usage: bench.pl [--check] [--csv FILE] [--rounds N] [--seconds N]\n";
$| = 1;
$csv = Cwd::abs_path($csv) // $csv if defined $csv;

my @WIDE = (-c => 10, -w => 100);
my @NARROW = (-c => 100, -w => 10);
my @LONG = ('--long' => 100, '--parts' => '2-10', '--concat' => 'mix');
my $SETS = 1_000_000;
my $MIB = 1 << 20;

my @nodes = qw(a b c d);
my $sim = start_sim((map {"$_=0"} @nodes), {no_log => 1});

sub plex {
    my ($farm, %given) = @_;
    return start_plex(%given, conf => conf_text(farm => $farm,
                                                nodes => [map { [$_, $sim->addr($_)] } @nodes]));
}

# Rounds of several cases in turn: {CASE => [ROUND, ...]}. A case is [NAME, PLEX, OPTIONS OF
# SMPPLOAD ...].
sub alternate {
    my ($table, @cases) = @_;
    my %rounds;

    for my $round (1 .. $rounds) {
        for my $case (@cases) {
            my ($name, $plex, @args) = @$case;
            my $got = cpu_round($plex, $sim, $seconds, @args);
            push @{$rounds{$name}}, $got;
            note_figure($table, $name, $round, $_, $got->{$_}) for sort keys %$got;
        }
    }
    return \%rounds;
}

# Of each round, how much one case costs to another.
sub ratios {
    my ($rounds, $one, $other) = @_;
    my @of_one = column('total', @{$rounds->{$one}});
    my @of_other = column('total', @{$rounds->{$other}});
    return map { $of_one[$_] / $of_other[$_] } 0 .. $#of_one;
}

my @CPU_HEAD = ('', 'us a message', 'user', 'system', 'messages/s');

sub cpu_row {
    my ($name, @rounds) = @_;
    return [$name, about('%.2f', column('total', @rounds)),
            (map { sprintf '%.2f', median(column($_, @rounds)) } qw(user system)),
            sprintf '%.0f', median(column('per_s', @rounds))];
}

sub ratio_row {
    my ($name, @ratios) = @_;
    return [$name, about('%.2f', @ratios)];
}

# Long messages against single ones, whose parts are as large.
sub long_messages {
    my $plex = plex({});

    for my $shape (['10 connections, window 100', @WIDE], ['100 connections, window 10', @NARROW]) {
        my ($name, @shape) = @$shape;
        my $got = alternate("long: $name", ['singles', $plex, @shape],
                            ['long', $plex, @shape, @LONG]);
        my @ratios = ratios($got, 'long', 'singles');
        print_table("Long messages of 2 to 10 parts and single ones, $name", \@CPU_HEAD,
                    (map { cpu_row($_, @{$got->{$_}}) } qw(singles long)),
                    ratio_row('long / singles', @ratios));
        holds("long / singles, $name", '%.2f', median(@ratios), 1.15);
    }
    $plex->end;
    return;
}

# What the table takes at most: a cache line for each set, and four times as
# many places to look one up, or more, as their number is a power of two.
sub table_bytes {
    my ($sets) = @_;
    my $buckets = 1;
    $buckets *= 2 while $buckets < 4 * $sets;
    return 64 * ($sets + 1) + 4 * $buckets;
}

# Begins sets that nobody finishes; a row of what that took.
sub fill {
    my ($name, $plex, $max) = @_;
    my $mib = sub { $plex->rss / 1024 };

    run_load('-t', $plex->addr, @WIDE, -a => 10, -n => $SETS, '--quiet');
    my $before = $mib->();
    run_load('-t', $plex->addr, @WIDE, -a => 10, -n => $SETS, '--quiet', '--long' => 100,
             '--unfinished' => 100, '--parts' => '2-2', '--concat' => 'udh16',
             '--destination' => '45700000000', '--destinations' => 100_000);
    my $after = $mib->();
    my $promised = table_bytes($max) / $MIB;
    my $begun = $plex->counters->{sets_placed};
    die "$begun of $SETS sets were begun\n" if $begun != $SETS;
    note_figure('memory', $name, 1, @$_) for ['before_mib', $before], ['after_mib', $after],
        ['promised_mib', $promised];
    # a large page more for all else
    holds("MiB for $SETS unfinished sets, $name", '%.1f', $after - $before, $promised + 2);
    return [$name, $begun, map { sprintf '%.1f', $_ } $before, $after, $after - $before, $promised];
}

# A table full of sets that are never finished, which stays so, and an empty one. Finished
# sets leave at once (concat-linger = 0) where the table is to be empty indeed.
sub full_table {
    my %farm = (default => {'concat-ttl' => '1h'},
                'concat-max = 1M' => {'concat-ttl' => '1h', 'concat-max' => $SETS,
                                      'concat-linger' => 0});
    my (@memory, @cases, @rows);

    for my $name (sort keys %farm) {
        my ($empty, $full) = map { plex($farm{$name}) } 1 .. 2;
        push @memory, fill($name, $full, $farm{$name}{'concat-max'} // 100_000);
        push @cases, ["$name, empty", $empty, @WIDE, @LONG], ["$name, full", $full, @WIDE, @LONG];
    }
    print_table("Memory, $SETS sets begun and never finished",
                ['', 'sets', 'MiB before', 'after', 'more', 'concat-max promises'], @memory);
    my $got = alternate('full table', @cases);
    for my $name (sort keys %farm) {
        my @ratios = ratios($got, "$name, full", "$name, empty");
        push @rows, (map { cpu_row("$name, $_", @{$got->{"$name, $_"}}) } qw(empty full)),
            ratio_row('full / empty', @ratios);
        holds("full table / empty, $name", '%.2f', median(@ratios), 1.10);
    }
    print_table('Long messages where the table is full of unfinished sets', \@CPU_HEAD, @rows);
    $_->[1]->end for @cases;
    return;
}

# Calls of the system and of malloc that a message makes.
sub calls {
    my $counts = work_dir() . '/counts';
    my $library = malloc_library(dirname(Cwd::abs_path(__FILE__)) . '/count_malloc.c');
    my $plex = plex({});
    my $counted = $library
        && plex({}, shell => "export LD_PRELOAD='$library' BENCH_COUNTS='$counts'");
    my @rows;

    for my $case (['singles'], ['long', @LONG]) {
        my ($name, @args) = @$case;
        is_good(run_load('-t', $plex->addr, @WIDE, @args, -n => 100_000, '--quiet'));
        my ($calls, $by) = system_calls($plex, 500_000, @WIDE, @args);
        my $mallocs;
        if ($counted) {
            $mallocs = mallocs($counted, $counts, @WIDE, @args);
        }
        push @rows, [$name, defined $calls ? sprintf('%.1f', 1000 * $calls) : '?', $by // 'nobody',
                     defined $mallocs ? sprintf('%.3f', 1000 * $mallocs) : '?'];
        note_figure('calls', $name, 1, 'system_calls', $calls) if defined $calls;
        note_figure('calls', $name, 1, 'malloc_calls', $mallocs) if defined $mallocs;
        holds("system calls for 1000 $name", '%.1f', 1000 * $calls, 500) if defined $calls;
        holds("malloc calls for 1000 $name", '%.3f', 1000 * $mallocs, 1) if defined $mallocs;
    }
    print_table('Calls for 1000 messages, 10 connections, window 100',
                ['', 'system', 'counted by', 'malloc and free'], @rows);
    $_->end for grep { $_ } $plex, $counted;
    return;
}

printf "%d rounds of %g s in alternation: medians, and (least-most)\n", $rounds, $seconds;
long_messages();
full_table();
calls();
my $good = print_claims();
csv_write($csv) if defined $csv;
drop($sim);
# A broken promise is no crash, which the logs would be shown for.
if ($check && !$good) {
    remove_tree(work_dir());
    POSIX::_exit(1);
}
