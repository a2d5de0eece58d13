#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# node-smpp (npm: smpp) as a node, node.js: three of them behind smpplex,
# smppload in front.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Rig;
use Test::More;

my ($MESSAGES, $EVERY, $SESSIONS) = (5000, 10, 4);     # a MO after every so many messages

needs('node', scalar grep { -x "$_/node" } split /:/, $ENV{PATH});
needs('node-smpp', -d "$ENV{NODE_PATH}/smpp");

my (@pids, @addresses);
for my $n (1 .. 3) {
    push @pids, run("node$n", 'node', "$FindBin::Bin/node.js", $n, $EVERY);
    ok(eventually(sub { contents("node$n.log") =~ /^listening (\d+)$/m && push @addresses, "127.0.0.1:$1" }),
        "node $n listens") or BAIL_OUT('no node');
}
my ($plex, $listens) = plex(@addresses);
my ($status, $report) = load_report($listens, '-n', $MESSAGES, '--connections', $SESSIONS, qw(-w 50
    --long 10 --receipts --id-check --linger 100ms --enquire-link 300ms --idle 3s));

is($status, 0, 'smppload is content');
is($report->{accepted}, $MESSAGES, 'all messages were accepted');
is($report->{receipts}{received}, $MESSAGES, 'each has its receipt');
is($report->{connections}{lost}, 0, 'no connection was lost');
plex_ends($plex);

my %total;
for my $n (1 .. 3) {
    is(stop($pids[$n - 1]), 0, "node $n saw no error");
    my ($json) = contents("node$n.log") =~ /^(\{.*\})$/m;
    my $seen = decode_json($json // '{}');
    $total{$_} += $seen->{$_} for keys %$seen;
    cmp_ok($seen->{taken}, '>', $MESSAGES / 4, "node $n took its share");
    is($seen->{$_}, $SESSIONS, "node $n: each session has its $_") for qw(binds unbinds);
    cmp_ok($seen->{$_}, '>=', 2 * $SESSIONS, "node $n idled over two rounds of enquire_link: $_")
        for qw(enquired enquireAnswers);
}
is($total{taken}, $MESSAGES, 'the nodes took each message once');
is($total{answers}, $total{receipts} + $total{mo}, 'and have an answer to each delivery');
is($report->{mo}, $total{mo}, 'each MO came');
done_testing();
