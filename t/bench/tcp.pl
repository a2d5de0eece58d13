#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench-tcp: what a megabyte and a short connection cost in TCP mode, for smpplex and
# for HAProxy (Debian: haproxy) with and without its splice-auto. All have one thread and
# the same node behind them; they take turns, round by round.
#
#     tcp.pl [--rounds N] [--megabytes N] [--connections N]
use strict;
use warnings;
use File::Basename qw(dirname);
use Getopt::Long;
use IO::Select;
use IO::Socket::INET;
use POSIX ();

use lib dirname(__FILE__);
use Bench;
use Smpplex::Test;

my ($rounds, $megabytes, $connections) = (5, 512, 4000);
GetOptions('rounds=i' => \$rounds, 'megabytes=i' => \$megabytes, 'connections=i' => \$connections)
    && !@ARGV && $rounds > 0 or die "usage: tcp.pl [--rounds N] [--megabytes N] [--connections N]\n";
$| = 1;
$SIG{PIPE} = 'IGNORE';

my $piece = 'x' x (256 << 10);
my $answer = 'y' x 200;
my @processes;

sub in_process {
    my ($do) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
        POSIX::_exit($do->() ? 0 : 1);
    }
    return $pid;
}

sub all_end_well {
    for my $pid (@_) {
        waitpid $pid, 0;
        die "a client failed\n" if $? != 0;
    }
    return;
}

# The node: "down N" gets N pieces, "up" is read to its end and gets an answer, "one" gets
# an answer; then it closes.
sub serve {
    my ($client) = @_;
    my $line = '';
    sysread $client, $line, 64;
    if ($line =~ /^down (\d+)/) {
        for (1 .. $1) { syswrite($client, $piece) == length $piece or return }
    } elsif ($line =~ /^up/) {
        my $bytes;
        1 while sysread $client, $bytes, 256 << 10;
        syswrite $client, $answer;
    } else {
        syswrite $client, $answer;
    }
    return;
}

sub start_node {
    my $listen = IO::Socket::INET->new(Listen => 1024, LocalAddr => '127.0.0.1') or die "port: $!";
    for (1 .. 10) {
        push @processes, in_process(sub {
            while (my $client = $listen->accept) {
                serve($client);
                close $client;
            }
            return 1;
        });
    }
    return '127.0.0.1:' . $listen->sockport;
}

sub connect_to {
    my ($program) = @_;
    return IO::Socket::INET->new(PeerAddr => $program->addr) // die "connect: $!\n";
}

sub take_down {
    my ($program, $pieces) = @_;
    my ($socket, $sum, $bytes) = (connect_to($program), 0);
    syswrite $socket, "down $pieces\n";
    while (my $n = sysread $socket, $bytes, 256 << 10) { $sum += $n }
    return $sum == $pieces * length $piece;
}

sub bring_up {
    my ($program, $pieces) = @_;
    my $socket = connect_to($program);
    my $bytes;
    syswrite $socket, "up\n";
    for (1 .. $pieces) { syswrite($socket, $piece) == length $piece or return 0 }
    shutdown $socket, 1;
    return sysread($socket, $bytes, 1000) == length $answer;
}

sub short_ones {
    my ($program, $n) = @_;
    for (1 .. $n) {
        my $socket = connect_to($program);
        my $bytes;
        syswrite $socket, "one\n";
        return 0 if sysread($socket, $bytes, 1000) != length $answer || sysread $socket, $bytes, 1;
    }
    return 1;
}

my $node = start_node();
my $plex = start_plex(log_level => 'warning', conf => <<"END");
farm f { mode = tcp  node a { address = "$node" } }
listener l { address = "127.0.0.1:0"  inactivity-timeout = 60s }
END
my %who = (smpplex => $plex, haproxy => start_haproxy({a => $node}),
           'haproxy splice-auto' => start_haproxy({a => $node}, default => 'option splice-auto'));

# Microseconds of processor time for each of `units`, while that many clients are at it.
sub measure {
    my ($program, $clients, $units, $do) = @_;
    my $us = cpu_of($program, sub {
        all_end_well(map { in_process(sub { $do->($program) }) } 1 .. $clients);
        select undef, undef, undef, 0.05;
    });
    return $us / $units;
}

sub compare {
    my ($title, $clients, $units, $do) = @_;
    my %got;
    for (0 .. $rounds) {    # the first warms up
        push @{$got{$_}}, measure($who{$_}, $clients, $units, $do) for sort keys %who;
    }
    shift @$_ for values %got;
    my @others = grep { $_ ne 'smpplex' } sort keys %who;
    print_table($title, ['', 'us of CPU'], (map { [$_, about('%.1f', @{$got{$_}})] } sort keys %who),
        map {
            my $other = $_;
            ["smpplex / $other",
             about('%.2f', map { $got{smpplex}[$_] / $got{$other}[$_] } 0 .. $rounds - 1)];
        } @others);
    return;
}

my $pieces = $megabytes * 4;
compare('a megabyte down, 1 connection', 1, $megabytes, sub { take_down($_[0], $pieces) });
compare('a megabyte up, 1 connection', 1, $megabytes, sub { bring_up($_[0], $pieces) });
compare('a megabyte down, 8 connections', 8, $megabytes, sub { take_down($_[0], $pieces / 8) });
compare('a short connection, 8 at a time', 8, $connections, sub { short_ones($_[0], $connections / 8) });
drop(values %who);
kill 'KILL', @processes;
waitpid $_, 0 for @processes;
