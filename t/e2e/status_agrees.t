#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# After a run with errors, long messages, receipts and a node drained meanwhile, whoever tells
# of the nodes tells the same, message for message: their own logs, the clients, the API,
# /metrics, smpplexctl, and the page in a browser.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(sum0);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Browser;
use Smpplex::Http;
use Smpplex::Test;

my $missing = Smpplex::Browser::missing();
die "$missing\n" if $missing;

my $count = $ENV{SMPPLEX_LONG} ? 100_000 : 20_000;
my $socket = work_dir . '/ctl.sock';
my %errors = (a => 'ESME_RSUBMITFAIL', b => 'ESME_RINVDSTADR', c => 'ESME_RSYSERR');
my @names = qw(a b c d);
my %sims = map { $_ => start_sim("$_=0,receipts=asked,receipt-delay=50ms,latency=1ms"
                                 . ($errors{$_} ? ",error=$errors{$_}:3%" : ''), {text => 16}) } @names;
my $plex = start_plex(conf => conf_text(top => {workers => 2}, nodes => [map { [$_, $sims{$_}->addr($_)] } @names])
    . "status {\n    address = \"127.0.0.1:0\"\n    socket = \"$socket\"\n}\n");
my $addr = $plex->addr('status');

# smpplexctl's answer.
sub ctl {
    my (@args) = @_;
    open my $out, '-|', "$ENV{SMPPLEX_BIN}/smpplexctl", '-s', $socket, @args or die "smpplexctl: $!";
    local $/;
    return readline($out) // '';
}

my @loads = map { start_load('-t', $plex->addr('smpp'), '--account', "$_:secret", '-c', 3, '-w', 30, '-n', $count / 2,
                             '--long', 10, '--parts', '2-4', '--receipts', '--receipt-wait', '30s', '--any-status',
                             '--linger', '300ms') } qw(acme bulk);
my $requests = sub { return {map { ($_->{name} => $_->{counts}{requests}) } @{http_json($addr, '/api/v1/nodes')->{nodes}}} };
eventually('messages pass', sub { sum0(values %{$requests->()}) > $count / 10 }, 20);
like(ctl('drain', 'f/d'), qr{^node f/d: drain}, 'a node is drained');
my @reports = map { $_->wait_report(120) } @loads;
is($_->{exit}, 0, 'all are answered, and all receipts are there') or diag(explain($_)) for @reports;
my $last = '';
eventually('nothing is on its way any more', sub {
    my @nodes = @{http_json($addr, '/api/v1/nodes')->{nodes}};
    my $text = join ' ', map { "$_->{counts}{requests}/$_->{counts}{deliveries}" } @nodes;
    my $is_same = $text eq $last && !grep { $_->{pending} } @nodes;
    $last = $text;
    sleep 0.3;
    $is_same;
}, 10);

# What each node itself says.
my %truth;
for my $name (@names) {
    my $stats = $sims{$name}->stats($name);
    my $logged = $sims{$name}->messages;
    is($stats->{taken}, $logged, "$name: took what it has logged");
    $truth{$name} = {requests => $logged + $stats->{refused}, deliveries => $stats->{receipts_sent},
                     statuses => {ESME_ROK => $logged, $stats->{refused} ? ($errors{$name} => $stats->{refused}) : ()}};
}
is(sum0(map { $_->{requests} } values %truth), sum0(map { $_->{sent} } @reports), 'the nodes have what the clients sent');
cmp_ok($truth{$_}{requests}, '>', $truth{d}{requests}, "$_ had more than the one that was drained") for qw(a b c);
cmp_ok($truth{$_}{statuses}{$errors{$_}}, '>', 0, "$_ refused some") for sort keys %errors;

# The same facts from an answer of the API.
sub facts {
    my ($answer) = @_;
    return {map { ($_->{name} => {requests => $_->{counts}{requests}, deliveries => $_->{counts}{deliveries},
                                  statuses => {%{$_->{statuses}}}}) } @{$answer->{nodes}}};
}

is_deeply(facts(http_json($addr, '/api/v1/nodes')), \%truth, 'the API agrees');
is_deeply(facts(decode_json(ctl('--json', 'nodes'))), \%truth, 'smpplexctl agrees');

my %told;
for (split /\n/, http_get($addr, '/metrics')->{body}) {
    my ($what, $name, $status, $n) = /^smpplex_node_(\w+)_total\{farm="f",node="(\w)"(?:,status="(\w+)")?\} (\d+)$/ or next;
    $told{$name}{$what} = $n if $what eq 'requests' || $what eq 'deliveries';
    $told{$name}{statuses}{$status} = $n if $what eq 'responses' && $status;
}
is_deeply(\%told, \%truth, '/metrics agree');

my %sums;
for my $one (values %truth) { $sums{$_} += $one->{statuses}{$_} for keys %{$one->{statuses}} }
my $farm = http_json($addr, '/api/v1/farms')->{farms}[0];
is_deeply($farm->{statuses}, \%sums, 'the farm has the sums');
is($sums{ESME_ROK}, sum0(map { $_->{accepted} } @reports), 'as have the clients');

my $browser = Smpplex::Browser->start;
$browser->screen(1280, 900);
$browser->open("http://$addr/");
for my $name (@names) {
    my $row = "tr[id=\"node-f/$name\"]";
    eventually("$name is on the page", sub { $browser->text($row) =~ /up|drained/ }, 10);
    $browser->click("$row [data-act=more]");
    my $more = $browser->text("$row + tr.more");
    my %shown = $more =~ /^(ESME_\w+|requests|deliveries)\s+([\d,]+)$/mg;
    s/,//g for values %shown;
    my $is = {requests => delete $shown{requests}, deliveries => delete $shown{deliveries}, statuses => \%shown};
    is_deeply($is, $truth{$name}, "$name: the page agrees") or diag($more);
}
is_deeply([$browser->console], [], 'the console has nothing to say');
$browser->quit;
$plex->is_good;
done_testing;
