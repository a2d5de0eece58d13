#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# What the status endpoint tells: every answer is as docs/openapi.yaml says, the numbers are
# those of the nodes' own logs, and what is done by it is done.
use strict;
use warnings;
use JSON::PP;
use JSON::Validator;
use List::Util qw(sum0);
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Test;

my $count = $ENV{SMPPLEX_LONG} ? 100_000 : 20_000;
my $socket = work_dir . '/ctl.sock';
my @names = qw(a b c);
my %sims = map { $_ => start_sim("$_=0", {text => 16}) } @names;
my $text = conf_text(
    top => {workers => 2},
    farm => {reconnect => '100ms', 'reconnect-max' => '200ms', grace => '20s'},
    nodes => [map { [$_, $sims{$_}->addr($_)] } @names])
    . "status {\n    address = \"127.0.0.1:0\"\n    socket = \"$socket\"\n}\n";
$text =~ s/listener smpp \{/$&\n    route { source = "99*" farm = f }/;
my $plex = start_plex(conf => $text);
my $addr = $plex->addr('status');
my $smpp = $plex->addr('smpp');

my $schema = JSON::Validator->new->schema("file://$ENV{SMPPLEX_SRC}/docs/openapi.yaml")->schema;
is_deeply([map { "$_" } @{$schema->errors}], [], 'docs/openapi.yaml is a good description');

# What is not as its description says.
sub errors {
    my ($method, $place, $status, $body) = @_;
    return join "\n", $schema->validate_response([lc $method, $place, $status],
        {body => sub { {exists => 1, value => $body, content_type => 'application/json'} }});
}
isnt(errors('GET', '/api/v1/events', 200, {}), '', 'it says no to what is wrong');

# An answer, held against its description.
sub checked {
    my ($method, $path, %given) = @_;
    my $response = http($given{addr} // $addr, $method, $path, %given);
    my ($place) = $path =~ /^([^?]*)/;
    $place = $given{place} // $place;
    my $body = eval { decode_json($response->{body}) };

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(errors($method, $place, $response->{status}, $body), '', "$method $path: $response->{status}, as described");
    return $body;
}

my @lists = map { "/api/v1/$_" } qw(status farms nodes history accounts sessions listeners bans events);
my $now = time;

subtest 'before there is a client' => sub {
    checked('GET', $_) for @lists;
    my ($node) = @{checked('GET', '/api/v1/nodes')->{nodes}};
    is(scalar(@{$node->{checks}}), 1, 'a node has a check');
    is_deeply($node->{checks}[0], $node->{check}, 'which is the telling one');
    cmp_ok(scalar(@{checked('GET', '/api/v1/history?seconds=0')->{nodes}[0]{requests}}), '==', 0, 'no past');
    checked('GET', '/api/v1/history?seconds=301');
    my $status = checked('GET', '/api/v1/status');
    is($status->{pid}, $plex->{pid}, 'its process id');
    ok($status->{ready}, 'it is ready');
    is($status->{configuration}{file}, $plex->{conf}, 'its file');
    like($status->{configuration}{text}, qr/queue-timeout = 5s/, 'its whole configuration');
    is(checked('GET', '/api/v1/listeners')->{listeners}[0]{address}, $smpp, 'where it listens');
    is(checked('GET', '/api/v1/sessions')->{total}, 0, 'no session');
};

my @clients = map { Smpplex::Peer->bound($smpp, id => $_ < 3 ? 'acme' : "other$_") } 1 .. 5;
push @clients, Smpplex::Peer->bound($smpp, id => "q\"\\\xfcx", type => 'receiver');

subtest 'sessions and accounts' => sub {
    my $sessions = checked('GET', '/api/v1/sessions');
    is($sessions->{total}, 6, 'six sessions');
    my %by_id = map { ($_->{id} => $_) } @{$sessions->{sessions}};
    is(scalar(keys %by_id), 6, 'each with an id of its own');
    my ($odd) = grep { $_->{bind} eq 'receiver' } values %by_id;
    is($odd->{system_id}, 'q"\\x5c\\xfcx', 'a system_id of any octets');
    is(scalar(grep { $_->{state} eq 'bound' && $_->{links_bound} == 3 } values %by_id), 6,
       'bound to all nodes');
    my ($one) = grep { $_->{system_id} eq 'other4' } values %by_id;
    is($one->{peer}, '127.0.0.1:' . $clients[3]{socket}->sockport, 'its address');
    $clients[3]->send(join '', map { submit_pdu($_) } 10 .. 16);
    $clients[3]->read for 10 .. 16;
    ($one) = grep { $_->{system_id} eq 'other4' } @{http_json($addr, '/api/v1/sessions')->{sessions}};
    is("$one->{in}{requests} $one->{out}{responses} $one->{pending}", '7 7 0', 'what it did');
    cmp_ok($one->{in}{bytes}, '>', 7 * 40, 'and its octets');

    is(checked('GET', '/api/v1/sessions?system_id=acme')->{total}, 2, 'those of an account');
    my %seen;
    for my $offset (0, 2, 4, 6) {
        my $part = checked('GET', "/api/v1/sessions?limit=2&offset=$offset");
        is(scalar(@{$part->{sessions}}), $offset < 6 ? 2 : 0, "a part from $offset on");
        $seen{$_->{id}}++ for @{$part->{sessions}};
    }
    is_deeply([sort keys %seen], [sort keys %by_id], 'the parts are the whole');
    is(scalar(@{checked('GET', '/api/v1/sessions?limit=0')->{sessions}}), 0, 'none, if none is wanted');

    my $accounts = checked('GET', '/api/v1/accounts');
    is($accounts->{total}, 5, 'five accounts');
    my ($acme) = grep { $_->{system_id} eq 'acme' } @{$accounts->{accounts}};
    is("$acme->{sessions} $acme->{links_bound}", '2 6', 'one has two sessions, on all nodes');
    checked('GET', $_) for @lists;
};

subtest "the numbers after $count messages are those of the nodes" => sub {
    my %before = map { ($_->{name} => $_) } @{http_json($addr, '/api/v1/nodes')->{nodes}};
    my $report = run_load('-t', $smpp, '-c', 10, '-w', 50, '-n', $count);
    is($report->{accepted}, $count, 'all accepted');
    sleep 0.2;    # an older snapshot may serve for a tenth of a second
    my $nodes = checked('GET', '/api/v1/nodes');
    my $all = 0;
    for my $node (@{$nodes->{nodes}}) {
        my $name = $node->{name};
        my $logged = $sims{$name}->messages;
        my $stats = $sims{$name}->stats($name);
        is($node->{counts}{requests}, $logged, "$name: requests are the messages in its log");
        is($node->{counts}{responses}, $logged, "$name: responses too");
        is($node->{statuses}{ESME_ROK}, $logged, "$name: all ESME_ROK");
        is($node->{pending}, 0, "$name: none pending");
        is($node->{links}{bound}, $stats->{sessions}{transceiver} + $stats->{sessions}{receiver}
           + $stats->{sessions}{transmitter}, "$name: links are its sessions");
        cmp_ok($node->{latency}{count}, '>=', $logged - $before{$name}{counts}{responses}, "$name: latency of all");
        $all += $logged;
    }
    my $farm = checked('GET', '/api/v1/farms')->{farms}[0];
    is($farm->{counts}{requests}, $all, 'the farm has the sum');
    my $status = checked('GET', '/api/v1/status');
    my $counters = $plex->counters;
    is($status->{counters}{responses_up}, $all, 'as have the counters');
    is_deeply([map { $status->{counters}{$_} - $counters->{$_} } sort keys %{$status->{counters}}],
              [map { 0 } keys %{$status->{counters}}], 'which are those of the log');

    my $metrics = http_get($addr, '/metrics')->{body};
    for my $node (@{$nodes->{nodes}}) {
        my $labels = "farm=\"f\",node=\"$node->{name}\"";
        my $n = $node->{counts}{requests};
        like($metrics, qr/^smpplex_node_requests_total\{$labels\} $n$/m, "$node->{name}: metrics say the same");
        like($metrics, qr/^smpplex_node_responses_total\{$labels,status="ESME_ROK"\} $n$/m, 'by status');
        like($metrics, qr/^smpplex_node_response_seconds_count\{$labels\} $n$/m, 'and of latency');
    }
};

subtest 'latency and rates' => sub {
    my $slow = start_sim('s=0,latency=40ms', {no_log => 1});
    my $other = start_plex(conf => conf_text(nodes => [['s', $slow->addr('s')]])
                           . "status {\n    address = \"127.0.0.1:0\"\n}\n");
    my $load = start_load('-t', $other->addr('smpp'), '-c', 2, '-w', 50, '-r', 200, '-d', '300s');
    my $node;
    eventually('the rate is near what is sent', sub {
        $node = http_json($other->addr('status'), '/api/v1/nodes')->{nodes}[0];
        $node->{per_second}{responses} > 170 && $node->{per_second}{responses} < 230;
    }, 6) or diag(explain($node->{per_second}));
    my $past;
    eventually('a number for each second', sub {
        $past = http_json($other->addr('status'), '/api/v1/history')->{nodes}[0];
        @{$past->{responses}} >= 5 && sum0(@{$past->{responses}}) > 500;
    });
    my $report = $load->stop;
    sleep 0.2;
    $node = http_json($other->addr('status'), '/api/v1/nodes')->{nodes}[0];
    is($node->{latency}{count}, $report->{accepted}, 'each response is timed');
    for my $share (qw(p50 p90)) {
        my ($ours, $theirs) = ($node->{latency}{"${share}_ms"}, $report->{latency_ms}{$share});
        cmp_ok($ours, '>', 38, "$share: $ours ms is not below the node's");
        cmp_ok($ours, '<', $theirs * 1.15 + 1, "nor above the client's, $theirs ms") if defined $theirs;
    }
    $past = http_json($other->addr('status'), '/api/v1/history')->{nodes}[0];
    cmp_ok(sum0(@{$past->{responses}}), '>=', $report->{accepted} * 0.7, 'and they add up');
    $other->is_good('slow');
    drop($slow);
};

subtest 'a node that goes and comes back' => sub {
    my $last = checked('GET', '/api/v1/events')->{last};
    my ($port) = $sims{c}->addr('c') =~ /(\d+)$/;
    $sims{c}->end('KILL');
    my ($node, $events);
    my $look = sub { ($node) = grep { $_->{name} eq 'c' } @{http_json($addr, '/api/v1/nodes')->{nodes}} };
    eventually('it is down, and no link is bound', sub {
        $look->();
        $node->{state} eq 'down' && $node->{links}{bound} == 0;
    });
    cmp_ok($node->{counts}{links_lost}, '>=', 6, 'its links were lost');
    is(http_json($addr, '/api/v1/farms')->{farms}[0]{nodes_up}, 2, 'the farm has two');
    like(http_get($addr, '/metrics')->{body}, qr/^smpplex_node_up\{farm="f",node="c"\} 0$/m, 'metrics say so');
    eventually('an event says so', sub {
        $events = checked('GET', "/api/v1/events?after=$last")->{events};
        grep { $_->{kind} eq 'node' && $_->{who} eq 'f/c' && $_->{to} eq 'down' } @$events;
    });
    is(http_get($addr, '/readyz')->{status}, 200, 'there are others: ready');
    $sims{c} = start_sim("c=$port", {text => 16});
    eventually('it is back', sub { $look->(); $node->{state} eq 'up' && $node->{links}{bound} == 6 }, 10);
    $_->end('KILL') for map { $sims{$_} } qw(a b c);
    eventually('all are down: not ready', sub { http_get($addr, '/readyz')->{status} == 503 });
    like(http_get($addr, '/readyz')->{body}, qr/farm f has no node/, 'and why is told');
    is(http_get($addr, '/healthz')->{status}, 200, 'but alive');
    my %ports = map { ($_ => $sims{$_}->addr($_) =~ s/.*://r) } @names;
    $sims{$_} = start_sim("$_=$ports{$_}", {text => 16}) for @names;
    eventually('ready again', sub { http_get($addr, '/readyz')->{status} == 200 }, 10);
};

subtest 'actions' => sub {
    my $ctl = "unix:$socket";
    my $last = http_json($addr, '/api/v1/events')->{last};
    my ($session) = grep { $_->{system_id} eq 'other5' } @{http_json($addr, '/api/v1/sessions')->{sessions}};
    my $done = checked('POST', "/api/v1/sessions/$session->{id}/kick", addr => $ctl,
                       place => '/api/v1/sessions/{id}/kick');
    ok($done->{done}, 'a session is kicked');
    my $unbind = $clients[4]->read_until('unbind', 10);
    ok($unbind, 'it is unbound');
    $clients[4]->answer($unbind);
    ok($clients[4]->is_closed, 'and closed');
    eventually('it is gone from the list', sub {
        http_json($addr, '/api/v1/sessions?system_id=other5')->{total} == 0;
    });
    like($plex->log_text, qr/other5\S* ended reason="ended by an operator"|other5@\S+: ended reason="ended by an operator"/,
         'its last line says who did it');
    checked('POST', '/api/v1/sessions/999999/kick', addr => $ctl, place => '/api/v1/sessions/{id}/kick');
    is(http($ctl, 'POST', '/api/v1/sessions/999999/kick')->{status}, 404, 'another is not there');
    is(http($ctl, 'POST', '/api/v1/sessions/18446744073709551616/kick')->{status}, 404, 'nor can be');

    my %node = (addr => $ctl, place => '/api/v1/nodes/{farm}/{node}/weight');
    checked('POST', '/api/v1/nodes/f/zz/weight', %node, body => '{"weight": 3}');
    is(http($ctl, 'POST', '/api/v1/nodes/f/zz/drain')->{status}, 404, 'a node that is not there');
    for my $body ('', '[]', '{"weight": -1}', '{"weight": 257}', '{"weight": "3"}', '{"weight": 1.5}', 'null',
                  '{"weight": 3', '{"weight": 1, "weight": 2}') {
        is(http($ctl, 'POST', '/api/v1/nodes/f/a/weight', body => $body)->{status}, 400, "weight: $body");
    }

    checked('POST', '/api/v1/reload', addr => $ctl);
    $plex->write_conf("$text\nfoo = 1\n");
    my $refused = checked('POST', '/api/v1/reload', addr => $ctl);
    like($refused->{error}{text}, qr/unknown keyword 'foo'/, 'a bad file is refused, and why is told');
    my @kinds = map { "$_->{kind} $_->{to}" } @{checked('GET', "/api/v1/events?after=$last")->{events}};
    ok((grep { $_ eq 'session ending' } @kinds) && (grep { /^configuration taken/ } @kinds)
       && (grep { /^configuration refused/ } @kinds), 'events tell of all') or diag("@kinds");
    $plex->write_conf($text);
};

subtest 'a node that is new' => sub {
    my $new = start_sim('d=0', {no_log => 1});
    $plex->write_conf($text =~ s/^(\}\nlistener)/    node d { address = "${\ $new->addr('d')}" }\n$1/mr);
    ok(checked('POST', '/api/v1/reload', addr => "unix:$socket")->{done}, 'comes by a reload');
    eventually('and is there with its links', sub {
        my ($d) = grep { $_->{name} eq 'd' } @{http_json($addr, '/api/v1/nodes')->{nodes}};
        $d && $d->{links}{bound} == 5;
    }, 10);
    checked('GET', $_) for @lists;
    run_load('-t', $smpp, '-c', 2, '-n', 400);
    sleep 0.2;
    my ($d) = grep { $_->{name} eq 'd' } @{http_json($addr, '/api/v1/nodes')->{nodes}};
    is($d->{counts}{requests}, $new->stats('d')->{taken}, "its counts are its own: $d->{counts}{requests}");
    cmp_ok($d->{counts}{requests}, '>', 50, 'it has its share');
    $plex->write_conf($text);
    checked('POST', '/api/v1/reload', addr => "unix:$socket");
    ($d) = grep { $_->{name} eq 'd' } @{http_json($addr, '/api/v1/nodes')->{nodes}};
    ok($d->{gone}, 'and goes by one');
    drop($new);
};

$_->close for @clients;
$plex->is_good;
done_testing;
