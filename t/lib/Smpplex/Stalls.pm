# SPDX-License-Identifier: ISC
#
# For tests with an upper limit of time: how long the machine stood still meanwhile, as a
# process tells that does nothing but sleep and look at the clock. A limit may be exceeded by
# so much, and what was measured meanwhile is measured again. Whoever stops processes of a test
# by intent adds lines to its file: "FROM TO", in seconds of the wall's clock.
package Smpplex::Stalls;

use strict;
use warnings;
use Exporter qw(import);
use IO::Handle;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Test;

our @EXPORT = qw(stalled stalled_ms undisturbed within);

my ($NAP, $LATE) = (0.02, 0.05);    # seconds; later than that is a stall
my $owner = $$;
my $path = work_dir . '/stalls';

open my $file, '>>', $path or die "$path: $!";
$file->autoflush(1);
my $watch = fork // die "fork: $!";
if ($watch == 0) {
    $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
    my $last = time;
    while (getppid == $owner) {
        sleep $NAP;
        my $now = time;
        print $file "$last $now\n" if $now - $last > $LATE;
        $last = $now;
    }
    POSIX::_exit(0);
}

END { local ($?, $!); if ($$ == $owner) { kill 'KILL', $watch; waitpid $watch, 0 } }

# For how many seconds of that time; until now, if no end is given.
sub stalled {
    my ($since, $until) = @_;
    my $sum = 0;

    sleep 2 * $NAP;     # the watch is to have seen what we have
    $until //= time;
    open my $in, '<', $path or die "$path: $!";
    while (my $line = <$in>) {
        my ($from, $to) = split ' ', $line;
        $from = $since if $from < $since;
        $to = $until if $to > $until;
        $sum += $to - $from if $to > $from;
    }
    return $sum;
}

sub stalled_ms { return 1000 * stalled(@_) }

# A test of its own: since then less than so many seconds have passed.
sub within {
    my ($since, $seconds, $name) = @_;
    my $took = time - $since;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return cmp_ok($took, '<', $seconds + stalled($since), $name);
}

# What is measured while nothing stood still, or at the fifth attempt.
sub undisturbed {
    my ($measure) = @_;
    my @measured;

    for (1 .. 5) {
        my $since = time;
        @measured = $measure->();
        last if stalled($since) < $LATE;
    }
    return wantarray ? @measured : $measured[-1];
}

1;
