#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Host names are looked up again and again: an address in use stays while the name
# has it, a failure doesn't take it away, and nothing waits for a slow name
# server. t/e2e/resolve_run prints what comes of each look-up.
use strict;
use warnings;
use Smpplex::Dns;
use Smpplex::Stalls;
use Smpplex::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $program = ($ENV{SMPPLEX_TOOLS} // $ENV{SMPPLEX_BIN}) . '/t/e2e/resolve_run';
my $slow = slow_machine();
my $dns = Smpplex::Dns->start(work_dir() . '/zone');

sub begin {
    my (@args) = @_;
    my $pid = open my $out, '-|', 'timeout', 30 * $slow, $program, @args;
    return {pid => $pid, out => $out};
}

# "HOST ADDR COUNT CHANGED ERROR"
sub next_line { my $line = readline $_[0]{out}; return defined $line ? $line =~ s/\n//r : 'the end' }

# Ends one that would go on for long.
sub stop { my ($run) = @_; kill 'TERM', $run->{pid}; close $run->{out}; return }

sub ends_well { my ($run) = @_; is(next_line($run), 'the end', 'no more'); close $run->{out}; is($?, 0, 'ends well'); return }

subtest 'a name has an address' => sub {
    $dns->set('gw.test A 127.0.0.9');
    my $run = begin($dns->{addr}, 1, 1000, 'gw.test');
    is(next_line($run), 'gw.test 127.0.0.9:2775 1 changed -', 'which is told with the port');
    ends_well($run);
};

subtest 'IPv6' => sub {
    $dns->set('gw.test AAAA ::9');
    my $run = begin($dns->{addr}, 1, 1000, 'gw.test');
    is(next_line($run), 'gw.test [::9]:2775 1 changed -', 'is an address as well');
    ends_well($run);
};

subtest 'the address in use stays while the name has it' => sub {
    $dns->set('gw.test A 127.0.0.2 127.0.0.3');
    my $run = begin($dns->{addr}, 1000, 50, 'gw.test');
    my $first = next_line($run);
    like($first, qr/^gw\.test 127\.0\.0\.[23]:2775 2 changed -$/, 'the first is one of them');
    my ($used) = $first =~ / (127\S+):/;
    my ($other) = grep { $_ ne $used } '127.0.0.2', '127.0.0.3';
    $dns->set("gw.test A 127.0.0.1 $other $used");
    my $line;
    do { $line = next_line($run) } while $line =~ / 2 same/;
    is($line, "gw.test $used:2775 3 same -", 'and stays when others come');
    $dns->set("gw.test A $other");
    do { $line = next_line($run) } while $line =~ / 3 same/;
    is($line, "gw.test $other:2775 1 changed -", 'and goes when it is no more');
    stop($run);
};

subtest 'a failure leaves the address' => sub {
    $dns->set('gw.test A 127.0.0.2');
    my $run = begin($dns->{addr}, 1000, 50, 'gw.test');
    is(next_line($run), 'gw.test 127.0.0.2:2775 1 changed -', 'there is one');
    $dns->set('gw.test fail');
    my $line;
    do { $line = next_line($run) } while $line =~ / -$/;
    like($line, qr/^gw\.test 127\.0\.0\.2:2775 0 same [A-Z]/, 'SERVFAIL');
    $dns->set;
    do { $line = next_line($run) } until $line =~ /not found|the end/;
    is($line, 'gw.test 127.0.0.2:2775 0 same Domain name not found', 'no such name');
    $dns->set('gw.test A 127.0.0.5');
    do { $line = next_line($run) } until $line =~ / -$|the end/;
    is($line, 'gw.test 127.0.0.5:2775 1 changed -', 'and back again with another');
    stop($run);
};

subtest 'a name without an address is asked again' => sub {
    $dns->set;
    my $run = begin($dns->{addr}, 2, 3600000, 'gw.test');
    is(next_line($run), 'gw.test - 0 same Domain name not found', 'there is none');
    $dns->set('gw.test A 127.0.0.2');
    my $started = time;
    is(next_line($run), 'gw.test 127.0.0.2:2775 1 changed -', 'until there is one');
    within($started, 3 * $slow, 'long before the interval');
    ends_well($run);
};

subtest 'without an interval a name is asked until it is known' => sub {
    my $before = $dns->asked('once.test');
    $dns->set('once.test A 127.0.0.2', 'gw.test A 127.0.0.3');
    my $run = begin($dns->{addr}, 5, 0, 'once.test', 'gw.test');
    next_line($run) for 1 .. 2;
    sleep 0.3;
    is($dns->asked('once.test') - $before, 1, 'and then no more');
    stop($run);
};

subtest 'a silent name server holds up nobody' => sub {
    $dns->set('slow.test silent', 'gw.test A 127.0.0.2');
    my $run = begin($dns->{addr}, 5, 100, 'slow.test', 'gw.test');
    my $started = time;
    is(scalar(grep { next_line($run) =~ /^gw\.test 127/ } 1 .. 5), 5, 'the other name is looked up');
    within($started, 1.5 * $slow, 'in time');
    ends_well($run);
};

subtest 'the hosts file' => sub {
    my $run = begin($dns->{addr}, 1, 1000, 'localhost');
    like(next_line($run), qr/^localhost (127\.0\.0\.1|\[::1\]):2775 \d changed -$/, 'goes first');
    ends_well($run);
    is($dns->asked('localhost'), 0, 'and nobody else is asked');
};

subtest 'an address is a name too' => sub {
    my $run = begin($dns->{addr}, 1, 1000, '127.0.0.7');
    is(next_line($run), '127.0.0.7:2775' =~ s/:.*//r . ' 127.0.0.7:2775 1 changed -', 'of itself');
    ends_well($run);
};

subtest 'a name may be closed while it is asked for' => sub {
    $dns->set('slow.test silent', 'gw.test A 127.0.0.2');
    my $run = begin($dns->{addr}, 1, 100, 'slow.test', '!', 'gw.test');
    is(next_line($run), 'gw.test 127.0.0.2:2775 1 changed -', 'the other goes on');
    ends_well($run);
    $run = begin($dns->{addr}, 3, 100, 'gw.test', 'slow.test');
    next_line($run) for 1 .. 3;
    ends_well($run);
};

subtest 'a name server over IPv6' => sub {
    my $run = begin('::1', 1, 1000, 'localhost');
    like(next_line($run), qr/^localhost /, 'is taken');
    ends_well($run);
    $run = begin('[::1]:5', 1, 1000, 'gw.test');
    like(next_line($run), qr/^gw\.test - 0 same [A-Z]/, 'and one that is not there is a failure');
    ends_well($run);
};

done_testing();
