#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# node-smpp (npm: smpp) as a client of smpplex in front of three nodes: client.js.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use Rig;
use Test::More;

my ($MESSAGES, $MO) = (3000, 10);

needs('node', scalar grep { -x "$_/node" } split /:/, $ENV{PATH});
needs('node-smpp', -d "$ENV{NODE_PATH}/smpp");

sims(3, 'receipts=asked,receipt-delay=100ms');
my ($plex, $listens) = plex(map { sim_address("n$_") } 1 .. 3);
my $client = run('client', 'node', "$FindBin::Bin/client.js", split(/:/, $listens), $MESSAGES, $MESSAGES + 3 * $MO);
ok(eventually(sub { contents('client.log') =~ /^(?:mo|error)/m }), 'all messages are answered');
control("n$_ mo $MO") for 1 .. 3;
is(wait_exit($client), 0, 'the client saw no error, idled, and unbound');

my ($json) = contents('client.log') =~ /^(\{.*\})$/m;
my $seen = decode_json($json // '{}');
is($seen->{answers}, $MESSAGES, 'one answer to each message');
is($seen->{twice}, 0, 'and no more');
is(scalar(keys %{$seen->{ids}}), $MESSAGES, 'each message has an id of its own');
is_deeply($seen->{receipts}, $seen->{ids}, 'and its receipt, once');
is($seen->{mo}, 3 * $MO, 'each MO came');
cmp_ok($seen->{enquired}, '>=', 2, 'smpplex asked it twice while it was idle');

cmp_ok(stats($_)->{taken}, '>', $MESSAGES / 4, "$_ took its share") for qw(n1 n2 n3);
is(total('taken'), $MESSAGES, 'the nodes took each message once');
ok(eventually(sub { total('receipts_answered') == $MESSAGES && total('mo_answered') == 3 * $MO }),
    'and have an answer to each delivery');
ok(eventually(sub { total('unbinds') == 3 }), 'the links of the session have unbound');
plex_ends($plex);
done_testing();
