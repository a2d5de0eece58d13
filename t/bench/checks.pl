#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# What checks cost: the share of one processor that smpplex needs for 200 nodes that are
# probed every second, by each type of check. RUN_SECONDS, NODES: other numbers.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Test;

my ($nodes, $seconds) = ($ENV{NODES} // 200, $ENV{RUN_SECONDS} // 20);
my %checks = (
    'tcp' => 'type = tcp',
    'smpp' => 'type = smpp',
    'smpp, account' => "type = smpp\nsystem-id = probe\npassword = pw",
    'http' => "type = http\npath = \"/admin/connectors\"\nexpect = BOUND\nrefuse = DOWN",
);

sub spent {
    my ($plex) = @_;
    my $ns = 0;
    $ns += (split ' ', Smpplex::Test::slurp($_))[0] for glob "/proc/$plex->{pid}/task/*/schedstat";
    return $ns;
}

my @names = map { "n$_" } 1 .. $nodes;
my $sim = start_sim((map { "$_=0,http=0" } @names), {no_log => 1});
for my $type ($ENV{TYPES} ? split(/;/, $ENV{TYPES}) : sort keys %checks) {
    my $text = "farm f {\nmessage-id = learn\n" . join('', map {
        my $port = $type eq 'http' ? "\nport = " . ($sim->addr("$_.http") =~ s/.*://r) : '';
        "node $_ {\naddress = \"" . $sim->addr($_) . "\"\n"
            . "check {\n$checks{$type}$port\ninterval = 1s\n}\n}\n"
    } @names) . "}\nlistener smpp { address = \"127.0.0.1:0\" }\n"
        =~ s/\{ (.*) \}/{\n$1\n}/r;
    my $plex = start_plex(conf => $text);
    sleep 3;
    my ($before, $then) = (spent($plex), time);
    system "$ENV{DURING} $plex->{pid}" if $ENV{DURING};
    sleep $then + $seconds - time;
    my $share = (spent($plex) - $before) / 1e9 / (time - $then) * 100;
    cmp_ok($share, '<', 2, sprintf "%s: %d nodes every second cost %.2f %% of a processor", $type, $nodes, $share);
    $plex->is_good;
}
drop($sim);
done_testing;
