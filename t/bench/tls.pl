#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# make bench-tls: what a message costs with TLS at the door, for smpplex and for
# HAProxy (Debian: haproxy) in TCP mode, which carries octets and looks at none. Both
# have one thread, the same certificate, and one node behind them without TLS; they take
# turns, round by round.
#
#     tls.pl [--rounds N] [--seconds N]
use strict;
use warnings;
use File::Basename qw(dirname);
use Getopt::Long;

use lib dirname(__FILE__);
use Bench;
use Smpplex::Certs;
use Smpplex::Test;

my ($rounds, $seconds) = (5, 2);
GetOptions('rounds=i' => \$rounds, 'seconds=f' => \$seconds) && !@ARGV && $rounds > 0
    or die "usage: tls.pl [--rounds N] [--seconds N]\n";
$| = 1;

my $ca = Smpplex::Certs->new(work_dir, 'ca');
my $cert = $ca->certificate('plex.test', san => 'IP:127.0.0.1', key => 'rsa');
my $sim = start_sim('a=0', {no_log => 1});

my $plex = start_plex(log_level => 'notice', conf => <<"END");
farm f { node a { address = "@{[$sim->addr('a')]}" } }
listener smpps { address = "127.0.0.1:0" tls { certificate = "$cert" } }
END
my %who = (smpplex => $plex,
           haproxy => start_haproxy({a => $sim->addr('a')}, bind => "ssl crt $cert"));
my @tls = ('--tls', '--ca', $ca->ca);

for my $shape (['-c' => 100, '-w' => 10], ['-c' => 10, '-w' => 100]) {
    my %got;
    for (1 .. $rounds) {
        push @{$got{$_}}, cpu_round($who{$_}, $sim, $seconds, @tls, @$shape) for sort keys %who;
    }
    my @ratios = map { $got{smpplex}[$_]{total} / $got{haproxy}[$_]{total} } 0 .. $rounds - 1;
    print_table("@$shape", ['', 'us a message', 'messages/s'],
        (map { [$_, about('%.2f', column('total', @{$got{$_}})),
                about('%.0f', column('per_s', @{$got{$_}}))] } sort keys %who),
        ['smpplex / haproxy', about('%.2f', @ratios), '']);
}
drop($plex, $who{haproxy}, $sim);
