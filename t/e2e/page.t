#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The page in a real browser: what it shows while traffic passes, while a node is down, drained,
# back; what it says when smpplex is gone; and that it fits a phone. Screenshots go to t/work/shots.
use strict;
use warnings;
use utf8;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Browser;
use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my $missing = Smpplex::Browser::missing();
die "$missing\n" if $missing;

my $token = 'a-token-of-24-characters';
my $shots = "$ENV{SMPPLEX_WORK}/shots";
mkdir $shots;
my $token_file = work_dir . '/token';
open my $file, '>', $token_file or die "$token_file: $!";
print $file "$token\n";
close $file;

my @names = qw(a b c);
my %sims = map { $_ => start_sim("$_=0,latency=exp:" . {a => 4, b => 6, c => 5}->{$_} . 'ms,receipt-delay=4s', {text => 16}) } @names;
my $text = conf_text(
    top => {workers => 2},
    farm => {reconnect => '100ms', 'reconnect-max' => '200ms', grace => '20s'},
    nodes => [map { [$_, $sims{$_}->addr($_)] } @names])
    . "status {\n    address = \"127.0.0.1:0\"\n    token-file = \"$token_file\"\n}\n";
$text =~ s/^farm f \{\n/farm f {\n    check { type = tcp  interval = 500ms  fast-interval = 200ms  down-interval = 300ms }\n/m;
$text =~ s/^(    node b \{\n)/$1        check { type = tcp  interval = 500ms  down-interval = 300ms }\n        check { type = smpp  interval = 1s }\n/m;
my $plex = start_plex(conf => $text);
my $addr = $plex->addr('status');
my $smpp = $plex->addr('smpp');
my @load = map { start_load('-t', $smpp, '--account', "$_->[0]:secret", '-c', $_->[1], '-w', 20, '-r', $_->[2], '-d', '900s', '--any-status') }
    ['acme', 4, 200], ['bulk', 2, 100];

my $browser = Smpplex::Browser->start;
$browser->screen(1280, 900);

# Whether the text of a selector is like that, in time.
sub shows {
    my ($css, $pattern, $name, $seconds) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $seen;
    eventually($name, sub { ($seen = $browser->text($css)) =~ $pattern }, $seconds // 8)
        or diag("$css shows: $seen");
    return;
}

sub node { return "tr[id=\"node-f/$_[0]\"]" }

# The row's figure of that name.
sub figure {
    my ($node, $name) = @_;
    return $browser->text(node($node) . " td[data-l=\"$name\"]");
}

sub shot { return $browser->screenshot("$shots/$_[0].png") }

subtest 'it shows traffic' => sub {
    $browser->open("http://$addr/");
    shows('#live', qr/live/, 'it is live');
    shows('#verdict h2', qr/^✓ All 3 nodes up$/, 'all is well, which is said first');
    shows('#verdict .flow', qr/Traffic flows: 2[5-9]\d|30\d/, 'and that traffic flows', 15);
    like($browser->text(node('a') . ' .state'), qr/✓ up\s+since \d\d:\d\d:\d\d/, 'a node is up, and since when');
    eventually('each node has a third', sub {
        !grep { my ($n) = figure($_, 'Share') =~ /(\d+) %/; !$n || $n < 30 || $n > 37 } @names;
    });
    like(figure('a', 'p99'), qr/\d+ ms|\d\.\d+ s/, 'latency');
    like($browser->text('.sessions'), qr/acme.*bulk|bulk.*acme/s, 'sessions of both accounts');
    like($browser->text('#event-list'), qr/smpplex started/, 'events');
    cmp_ok($browser->js('return document.querySelectorAll("figure path.area").length'), '==', 3, 'curves of all nodes');
    like($browser->js('return document.title'), qr/^✓ All 3 nodes up/, 'the title says it too');
};

subtest 'what is the same stays, with the focus' => sub {
    $browser->js('window.row = document.querySelector(arguments[0]); row.querySelector("button").focus()', node('b'));
    my $before = $browser->text('#verdict .flow') . figure('b', 'Answered/s');
    eventually('figures change', sub { $browser->text('#verdict .flow') . figure('b', 'Answered/s') ne $before });
    ok($browser->js('return row === document.querySelector(arguments[0]) && row.contains(document.activeElement)',
                    node('b')), 'the row is the same, and has the focus');
    $browser->keys("\x{E007}");    # Enter
    shows('tr.more', qr/Checks.*tcp.*passed.*smpp.*ESME_ROK/s, 'Enter shows more of it');
    $browser->keys("\x{E007}");
    is($browser->text('tr.more'), '', 'and hides it');
};

sleep 6;
shot('calm');
$browser->scheme('dark');
shot('dark');
$browser->scheme('light');

subtest 'a node is killed' => sub {
    my ($port) = $sims{c}->addr('c') =~ /(\d+)$/;
    my $begun = time;
    $sims{c}->end('KILL');
    shows(node('c') . ' .state', qr/✕ down\s+since \d\d:\d\d:\d\d.*refused/si,
          'it is shown down, since when and why');
    within($begun, 3 * slow_machine, 'within seconds');
    shows('#verdict h2', qr{^✕ f/c is down; 2 of 3 nodes take messages$}, 'which is the first thing to be seen');
    shows('#verdict li', qr{f/c down since}, 'with since when');
    shows('#verdict .flow', qr/Traffic flows/, 'and traffic flows');
    shows('#event-list li:first-child', qr{f/c .*→ down}, 'an event tells of it');
    like($browser->js('return document.title'), qr{^✕ f/c is down}, 'as does the title');
    sleep 4;
    shot('down');
    $browser->screen(390, 844, 1);
    eventually('nothing is wider than a phone of 390 pixels', sub {
        $browser->js('return document.documentElement.scrollWidth') == 390
    }) or diag($browser->js('return [...document.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > 391)'
                            . '.map(e => e.tagName + "." + e.className + "#" + e.id).slice(0, 20).join(" ")'));
    cmp_ok($browser->js('return document.querySelector("#verdict").getBoundingClientRect().bottom'), '<', 844,
           'and what is wrong is on the first screen');
    shot('phone');
    $browser->screen(1280, 900);
    $sims{c} = start_sim("c=$port,latency=exp:5ms", {text => 16});
    shows('#verdict h2', qr/^✓ All 3 nodes up$/, 'it is back', 15);
    eventually('and has its share', sub { figure('c', 'Share') =~ /^3\d %/ }, 15);
};

subtest 'orders need the token' => sub {
    ok(!$browser->js('return !!document.querySelector("[data-act=drain]")'), 'no buttons without one');
    $browser->click('#operate');
    $browser->type('#ask-value', 'a-wrong-token-of-some-length');
    $browser->click('#ask-ok');
    $browser->click(node('b') . ' [data-act=drain]');
    $browser->click('#ask-ok');
    shows('#said', qr/^Refused: the bearer token is wrong/, 'a wrong one is refused');
    ok(!$browser->js('return !!document.querySelector("[data-act=drain]")'), 'and forgotten');
    $browser->click('#operate');
    $browser->type('#ask-value', $token);
    $browser->keys("\x{E007}");
    ok($browser->js('return !!document.querySelector("[data-act=drain]")'), 'the buttons are there');
};

subtest 'drain and ready' => sub {
    my $receipts = start_load('-t', $smpp, '--account', 'rcpt:secret', '-c', 1, '-w', 20, '-r', 100, '-d', '300s', '--receipts');
    eventually('a client wants receipts', sub { $sims{b}->stats('b')->{receipts_sent} > 5 });
    $browser->click(node('b') . ' [data-act=drain]');
    shows('#ask-text', qr/2 other nodes take its messages/, 'what it means is asked');
    $browser->click('#ask-ok');
    shows('#said', qr{^Done: node f/b: drain}, 'it is done');
    shows(node('b') . ' .state', qr/◐ drained\s+since/, 'and shown');
    shows('#verdict h2', qr/✓ 2 of 3 nodes take messages, 1 node kept out/, 'above all');
    my $sent = stays('the others take messages, and the node gets no new one', sub { scalar $sims{b}->messages },
                     sub { scalar $sims{a}->messages }, 300, 15);
    my $report = $receipts->stop;
    is($report->{exit}, 0, 'its receipts go on, and all have arrived') or diag(explain($report));
    shot('drained');
    $browser->click(node('b') . ' [data-act=ready]');
    shows(node('b') . ' .state', qr/✓ up/, 'ready');
    eventually('brings it back', sub { $sims{b}->messages > $sent + 50 });
};

subtest 'weight and maintenance' => sub {
    $browser->click(node('a') . ' [data-act=weight]');
    $browser->js('document.querySelector("#ask-value").value = ""');
    $browser->type('#ask-value', '3');
    $browser->click('#ask-ok');
    shows(node('a') . ' td[data-l=Weight]', qr/3 \(1\)/, 'a weight is set');
    eventually('and has its effect', sub { my ($n) = figure('a', 'Share') =~ /(\d+)/; $n && $n > 50 }, 15);
    $browser->click(node('c') . ' [data-act=maint]');
    $browser->click('#ask-no');
    unlike($browser->text(node('c') . ' .state'), qr/maintenance/, 'who thinks better of it has done nothing');
    $browser->click(node('c') . ' [data-act=maint]');
    $browser->click('#ask-ok');
    shows(node('c') . ' .state', qr/‖ maintenance/, 'maintenance');
    eventually('takes its links away', sub { figure('c', 'Links') =~ m{^0 /} });
    $browser->click(node('c') . ' [data-act=ready]');
    shows(node('c') . ' .state', qr/✓ up/, 'and back');
};

my @said = grep { !/401/ } $browser->console;    # the browser itself logs the refused order
is_deeply(\@said, [], 'the console has nothing to say');

subtest 'sessions and what is hostile' => sub {
    my $odd = Smpplex::Peer->bound($smpp, id => '<img/src=x>"\'&');
    $browser->type('#account', '<');
    shows('#sessions-n', qr/none/, 'an account that is not there');
    $browser->js('document.querySelector("#account").value = ""');
    $browser->type('#account', '<img/src=x>"\'&');
    shows('.sessions', qr{<img/src=x>"'&}, 'markup in a name is text');
    ok(!$browser->js('return !!document.querySelector("img")'), 'and nothing else');
    $browser->click('[data-act=kick]');
    $browser->click('#ask-ok');
    ok($odd->read_until('unbind', 10), 'a session is ended');
    $odd->close;
};

subtest 'the connection is lost, and back' => sub {
    $browser->js('window.scrollTo(0, 50)');
    kill 'STOP', $plex->{pid};
    shows('#lost', qr/connection to smpplex is lost since .*no answer in 4 s/, 'silence is said', 10);
    kill 'CONT', $plex->{pid};
    shows('#said', qr/connection to smpplex is back/, 'as is the end of it', 10);
    is($browser->text('#lost'), '', 'and no more of it');
    $_->end('TERM') for @load;
    $plex->is_good;
    shows('#lost', qr/is lost since .*cannot be reached/, 'smpplex has ended: said');
    like($browser->text('#verdict'), qr/All 3 nodes up|kept out/, 'what was seen last stays to be seen');
    like($browser->js('return document.title'), qr/connection lost/, 'in the title too');
    shot('lost');
    my $next = start_plex(conf => $text =~ s/(status \{\n    address = ")[^"]*/$1$addr/r);
    shows('#live', qr/live/, 'another is there', 10);
    shows('#said', qr/back|started anew/, 'which is said');
    shows('#verdict .flow', qr/No traffic at the moment/, 'it has no traffic');
    $next->is_good('the next');
};

subtest 'bans, and a farm in TCP mode' => sub {
    my $strict = start_sim('s=0,accounts=good:secret');
    my $two = start_plex(conf => conf_text(nodes => [['s', $strict->addr('s')]], listener => {ban => 2, farm => 'f'})
        . 'farm cimd { mode = tcp node n1 { address = "' . $sims{a}->addr('a') . '" } node n2 { address = "'
        . $sims{b}->addr('b') . "\" } }\nlistener cimd { address = \"127.0.0.1:0\" farm = cimd }\n"
        . "status { address = \"127.0.0.1:0\" token-file = \"$token_file\" }\n");
    my @streams = map { Smpplex::Peer->connect($two->addr('cimd')) } 1 .. 3;
    $_->send(bind_pdu('transceiver', 1)) for @streams;
    $browser->open('http://' . $two->addr('status') . '/');
    shows('#live', qr/live/, 'it is live');
    is($browser->text('#bans'), '', 'nobody is banned, and nothing is said of it');
    shows('#verdict .flow', qr/no response since it was started; 3 connections carried/, 'what is carried is said');
    shows('tr[id="node-cimd/n1"] td[data-l=Connections]', qr/^[12]$/, 'a node has its connections');
    shows('.sessions', qr/TCP connection.*\d+ B/s, 'one is a connection, with its octets');
    shot('tcp');
    for my $id ('good', '<img/src=x>') {
        for (1 .. 2) {
            my $peer = Smpplex::Peer->connect($two->addr('smpp'));
            $peer->send(bind_pdu('transceiver', 1, $id, 'wrong'));
            $peer->read(5);
            $peer->close;
        }
    }
    shows('#bans', qr/1 address not let in.*127\.0\.0\.1\s+smpp\s+2.*ESME_/s, 'one that is banned is shown', 12);
    $browser->click('#operate') if !$browser->js('return !!document.querySelector("[data-act=lift]")');
    if ($browser->js('return document.querySelector("#ask").open')) {
        $browser->type('#ask-value', $token);
        $browser->click('#ask-ok');
    }
    shot('bans');
    $browser->screen(390, 844, 1);
    eventually('it fits a phone', sub { $browser->js('return document.documentElement.scrollWidth') == 390 });
    shot('bans-phone');
    $browser->screen(1280, 900);
    $browser->click('[data-act=lift]');
    shows('#ask-text', qr/may bind again/, 'what it means is asked');
    $browser->click('#ask-ok');
    shows('#said', qr/^Done: 127\.0\.0\.1: its ban is lifted/, 'it is lifted');
    shows('#bans', qr/^$/, 'and gone from the page');
    shows('#event-list', qr/127\.0\.0\.1.*lifted/s, 'events tell of it');
    $_->close for @streams;
    $two->is_good('bans');
};

$browser->quit;
done_testing;
