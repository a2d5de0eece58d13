#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The routes of a listener choose the farm: by the client when it binds, by the addresses for
# each message on the same bind. Whatever is true of one farm stays true of several: one response
# each, long messages in one place, ids and receipts that are told apart.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my %tag = (a => 'a0', b => 'b0', c => 'c0', d => 'd0');
my @two = ('destination = "4670*" farm = side');

sub at {
    my ($where, $name) = @_;
    return $where->isa('Smpplex::Peer') ? $where->addr : $where->addr($name);
}

sub section {
    my ($kind, %keys) = @_;
    return "$kind {\n" . join('', map { "    $_ = \"$keys{$_}\"\n" } sort keys %keys) . "}\n";
}

# Two farms, home and side; home => {nodes => [[NAME, SIM, KEY => VALUE...]...], KEY => VALUE...},
# routes => ['destination = "4670*" farm = side', ...], listener => {...}.
sub farms_text {
    my (%given) = @_;
    my %links = $ENV{SMPPLEX_LINKS} ? (links => $ENV{SMPPLEX_LINKS}) : ();
    my $text = '';

    for my $farm (qw(home side)) {
        my %keys = (%links, %{$given{$farm}});
        my $nodes = delete $keys{nodes};
        $text .= "farm $farm {\n" . join('', map { "  $_ = \"$keys{$_}\"\n" } sort keys %keys);
        for my $node (@$nodes) {
            my ($name, $where, %its) = @$node;
            $text .= section("node $name", tag => $tag{$name}, address => at($where, $name), %its);
        }
        $text .= "}\n";
    }
    my %listener = (address => '127.0.0.1:0', farm => 'home', %{$given{listener} // {}});
    $text .= "listener smpp {\n" . join('', map { "  $_ = \"$listener{$_}\"\n" } sort keys %listener);
    return $text . join('', map { "  route { $_ }\n" } @{$given{routes} // []}) . "}\n";
}

# All nodes in one simulator: a and b at home, c and d aside.
sub four {
    my ($sim, %given) = @_;
    return farms_text(%given, home => {nodes => [map { [$_, $sim] } qw(a b)], %{$given{home} // {}}},
                      side => {nodes => [map { [$_, $sim] } qw(c d)], %{$given{side} // {}}});
}

# A submit_sm; to, from, part => [REFERENCE, TOTAL, PART].
sub submit {
    my ($number, %given) = @_;
    my ($text, $esm) = ($given{text} // 'text', 0);

    if (my $part = $given{part}) {
        $text = pack('C6', 5, 0, 3, @$part) . $text;
        $esm = 0x40;
    }
    return pdu('submit_sm', 0, $number,
               pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', '', 1, 1, $given{from} // 'raw', 1, 1,
                    $given{to} // '46701', $esm, 0, 0, '', '', $given{receipt} // 0, 0, 0, 0, $text));
}

sub query_pdu { return pdu('query_sm', 0, $_[0], pack 'Z*CCZ*', $_[1], 1, 1, 'raw') }
sub cancel_pdu {
    return pdu('cancel_sm', 0, $_[0], pack 'Z*Z*CCZ*CCZ*', '', $_[1], 1, 1, 'raw', 1, 1, '46701');
}
sub id_of { return unpack 'Z*', $_[0]{body} }

# Where the messages of the log went: {DESTINATION => {NODE => n}}.
sub by_destination {
    my ($sim) = @_;
    my %n;
    $n{$_->[3]}{$_->[0]}++ for $sim->messages;
    return \%n;
}

# The number of the message sent last, to each of these destinations one, and the node of each.
sub nodes_of {
    my ($client, $sim, @to) = @_;
    my $before = $sim->messages;

    $client->send(join '', map { submit($_ + 1, to => $to[$_]) } 0 .. $#to);
    for (@to) {
        my $resp = $client->read_until('submit_sm_resp') or return 'no answer';
        return "status $resp->{status}" if $resp->{status};
    }
    my %node = map { $_->[3] => $_->[0] } ($sim->messages)[$before .. $before + $#to];
    return join ' ', map { $node{$_} // '-' } @to;
}

# The side farm's links are there, so that the first message finds them.
sub side_is_bound {
    my ($plex, $links) = @_;
    return wait_for(5, sub { $plex->counters->{links_bound} >= ($links // 4) });
}

subtest 'one client\'s messages are spread over two farms by their destinations' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:1ms,ids=counter,receipt-form=both" } qw(a b c d));
    my $plex = start_plex(conf => four($sim, routes => ['destination = "467000005*" farm = side']));
    my $report = run_load('-t', $plex->addr, '-c', 2, '-n', 20_000, '-w', 50, '--long', 50, '--parts', '2-10',
                          '--concat', 'mix', '--parts-over', 'several', '--shuffle', '--mark',
                          '--receipts', '--id-check', '--query', 500, '--cancel', 500,
                          '--destination', '46700000000', '--destinations', 1000);
    is($report->{accepted}, 20_000, 'every message is accepted');
    all_answered_once($report, $sim);
    is_deeply($report->{message_ids}, {given => 20_000, duplicate => 0, empty => 0},
              'each has an id of its own');
    is_deeply($report->{receipts}, {expected => 20_000, received => 20_000, missing => 0,
                                    unknown_id => 0, duplicate => 0}, 'and its receipt');
    for my $what (qw(query cancel)) {
        is_deeply($report->{follow_ups}{"${what}_sm"}, {status => {ESME_ROK => 500}, unanswered => 0},
                  "500 ${what}_sm reach the node that has the message");
    }
    my (%wrong, %sets, %n);
    for my $m ($sim->messages) {
        my ($node, $who, $from, $to, $kind, $ref, $total) = @$m[0 .. 3, 6 .. 8];
        my $side = $to =~ /^467000005/ ? 1 : 0;
        $wrong{"$to $node"}++ if $side != ($node =~ /[cd]/ ? 1 : 0);
        $sets{"$who $from $to $kind $ref $total"}{$node}++ if $kind ne '-';
        $n{$node}++;
    }
    is_deeply(\%wrong, {}, 'each is on the farm that its destination says');
    is(scalar(grep { keys %$_ > 1 } values %sets), 0, 'no long message is torn');
    cmp_ok($n{$_}, '>', 500, "$n{$_} at $_") for qw(a b c d);
    is(scalar(grep { $sim->stats($_)->{queries_failed} } qw(a b c d)), 0, 'nobody was asked in vain');
    $plex->is_good;
    drop($sim);
};

subtest 'the first route that fits decides: system_id, source and destination together' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    my $plex = start_plex(conf => farms_text(
        home => {nodes => [['a', $sim]]}, side => {nodes => [['c', $sim]]},
        routes => ['system-id = "x?" source = "99*" farm = home',
                   'source = "99*" destination = "4670*" farm = side',
                   'destination = "4671" farm = side', 'system-id = "bulk*" farm = side']));
    my %client = map { $_ => Smpplex::Peer->bound($plex->addr, id => $_) } qw(x1 y1 bulk7);
    side_is_bound($plex, 5);
    is(nodes_of($client{y1}, $sim, qw(46701 4671 46712)), 'a c a', 'an exact destination');
    my $before = $sim->messages;
    $_->send(submit(9, from => '990', to => '46705')) for @client{qw(x1 y1)};
    $_->read_until('submit_sm_resp') for @client{qw(x1 y1)};
    is(join(' ', sort map { "$_->[1]$_->[0]" } ($sim->messages)[$before .. $before + 1]), 'x1a y1c',
       'both addresses, and a route in front of it for some clients');
    is(nodes_of($client{bulk7}, $sim, qw(46701 4671 46712)), 'c c c', 'a client that is wholly aside');
    is($sim->stats('a')->{binds}, 2, 'which has no link at home');
    $_->close for values %client;
    $plex->is_good;
    drop($sim);
};

subtest 'what is no message, or asks for an id that nobody knows, still finds its node' => sub {
    my $sim = start_sim(map { "$_=0,ids=prefix:" . ord } qw(a b c d));
    my $plex = start_plex(conf => four($sim, routes => \@two, side => {'message-id' => 'learn'},
                                       home => {'message-id' => 'learn'}));
    my $client = Smpplex::Peer->bound($plex->addr);
    side_is_bound($plex);
    my @ids;
    for my $to (qw(46701 46702 46801 46802)) {
        $client->send(submit(1, to => $to));
        push @ids, id_of($client->read_until('submit_sm_resp'));
    }
    $client->close;
    $plex->is_good;
    $plex = start_plex(conf => four($sim, routes => \@two, side => {'message-id' => 'learn'},
                                    home => {'message-id' => 'learn'}));
    $client = Smpplex::Peer->bound($plex->addr);
    side_is_bound($plex);
    for my $id (@ids) {
        $client->send(query_pdu(5, $id) . cancel_pdu(6, $id));
        is_deeply([map { $client->read->{status} } 1 .. 2], [0, 0], "$id is found by a tour");
    }
    $client->send(query_pdu(7, '4711'));
    is($client->read->{status}, 0x67, 'an id that no node has is none');
    is($sim->stats($_)->{queries_failed} > 0, 1, "$_ was asked") for qw(b c d);
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'the status endpoint tells routes, farms and how many messages each route has led' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    my @routes = ('system-id = "side?" farm = side', 'source = "9*" destination = "4671" farm = home', @two);
    my $status = "status { address = \"127.0.0.1:0\" }\n";
    my $plex = start_plex(conf => four($sim, routes => \@routes) . $status);
    my %client = map { $_ => Smpplex::Peer->bound($plex->addr('smpp'), id => $_) } qw(raw side1);
    side_is_bound($plex, 6);
    like(nodes_of($client{raw}, $sim, qw(46701 46702 46703 46801)), qr/^[cd] [cd] [cd] [ab]$/, 'spread');
    like(nodes_of($client{side1}, $sim, qw(46701 46801)), qr/^[cd] [cd]$/, 'all aside');
    my $addr = $plex->addr('status');
    my $get = sub { sleep 0.2; return http_json($addr, "/api/v1/$_[0]")->{$_[0]} };
    is_deeply($get->('listeners')->[0]{routes},
              [{system_id => 'side?', source => undef, destination => undef, farm => 'side', messages => 2},
               {system_id => undef, source => '9*', destination => '4671', farm => 'home', messages => 0},
               {system_id => undef, source => undef, destination => '4670*', farm => 'side', messages => 3}],
              'the routes, in their order');
    is_deeply({map { $_->{system_id} => [$_->{farm}, $_->{farms}] } @{$get->('sessions')}},
              {raw => ['home', ['home', 'side']], side1 => ['side', ['side']]}, 'where sessions are');
    is_deeply([map { "@{$_->{listeners}}" } @{$get->('farms')}], ['smpp', 'smpp'], 'both farms are the listener\'s');
    my %metric = http_get($addr, '/metrics')->{body} =~ /^smpplex_route_messages_total(\S+) (\d+)$/mg;
    is_deeply(\%metric, {'{listener="smpp",route="1",farm="side"}' => 2, '{listener="smpp",route="2",farm="home"}' => 0,
                         '{listener="smpp",route="3",farm="side"}' => 3}, 'and the metrics');
    reload($plex, four($sim, routes => [@routes[2, 0]]) . $status);
    like(nodes_of($client{raw}, $sim, '46701'), qr/^[cd]$/, 'behind a change');
    is_deeply([map { "$_->{farm} $_->{messages}" } @{$get->('listeners')->[0]{routes}}], ['side 4', 'side 2'],
              'routes that stay keep their counts');
    $_->close for values %client;
    $plex->is_good;
    drop($sim);
};

# --- a farm that does not serve

my %patient = (reconnect => '100ms', 'reconnect-max' => '300ms');

# Sends that many to a farm: one to the other must then be answered at once. What is answered
# meanwhile is counted in `seen`, by number.
sub passes {
    my ($client, $n, $aside, $home, $seen) = @_;
    $client->send(join '', map { submit(100 + $_, to => $aside) } 1 .. $n);
    my $since = time;
    $client->send(submit(99, to => $home));
    my $pdu;
    while ($pdu = $client->read) {
        $seen->{$pdu->{number}}++;
        last if $pdu->{number} == 99;
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($pdu && $pdu->{status}, 0, 'a message for the other farm is taken');
    return within($since, 2, 'at once');
}

# The statuses of the next n responses: {STATUS => times}.
sub statuses {
    my ($client, $n) = @_;
    my %n;
    $n{($client->read(20) // {status => 'none'})->{status}}++ for 1 .. $n;
    return \%n;
}

subtest 'a farm that is down holds up its own messages alone' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    $sim->control("$_ refuse-port") for qw(c d);
    my $plex = start_plex(conf => four($sim, routes => \@two, listener => {hold => '64KiB'},
                                       side => {%patient, 'queue-timeout' => '3s'}));
    my $client = Smpplex::Peer->bound($plex->addr);
    like($plex->log_text, qr/not bound to a farm [^\n]*farm=side status=ESME_RBINDFAIL detail="no node can be reached"/,
         'the session is bound, and the log says to what it is not');
    passes($client, 50, '46701', '46801');
    is_deeply(statuses($client, 50), {status('RTHROTTLED') => 50}, 'its own get busy-status');
    passes($client, 5000, '46701', '46801');     # more than may wait
    $client->send(pdu('enquire_link', 0, 9999));
    my %seen;
    while (my $pdu = $client->read) {
        $seen{$pdu->{status}}++ if $pdu->{command} == cmd('submit_sm_resp');
        last if ($seen{status('RTHROTTLED')} // 0) > 4000;
    }
    $sim->control("$_ listen") for qw(c d);
    eventually('it is bound when it comes', sub { $plex->counters->{links_bound} == 4 });
    eventually('and serves', sub { nodes_of($client, $sim, qw(46701 46801)) =~ /^[cd] [ab]$/ });
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a farm that is lost with very much open does not stop the others' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my ($c, $d) = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => farms_text(
        routes => \@two, home => {nodes => [['a', $sim], ['b', $sim]]}, listener => {hold => '64KiB'},
        side => {nodes => [['c', $c], ['d', $d]], reconnect => '60s', 'reconnect-max' => '60s',
                 'queue-timeout' => '5s'}));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } $c, $d;
    is($client->read->{status}, 0, 'bound');
    side_is_bound($plex);
    $client->send(join '', map { submit(1000 + $_, to => '46701') } 1 .. 1500);
    for my $node (@nodes) {
        $node->read_until('submit_sm', 20) or last for 1 .. 750;
    }
    $_->reset for @nodes;
    my %seen;
    passes($client, 10, '46701', '46801', \%seen);
    while (keys %seen < 1511) {
        my $pdu = $client->read(20) or last;
        $seen{$pdu->{number}}++;
    }
    is(scalar(keys %seen), 1511, 'all are answered');
    is(scalar(grep { $_ != 1 } values %seen), 0, 'once');
    ok($client->silent(0.2), 'and nothing more comes');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a full window holds up its own messages alone' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my ($c, $d) = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => farms_text(
        routes => [@two, 'destination = "4671*" farm = side'], home => {nodes => [['a', $sim], ['b', $sim]]},
        side => {nodes => [['c', $c], ['d', $d]], window => 2}));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } $c, $d;
    is($client->read->{status}, 0, 'bound');
    side_is_bound($plex);
    passes($client, 20, '46701', '46801');
    read_all(\@nodes, 20, sub { my ($request, $i) = @_; $nodes[$i]->answer($request, 0, "$i\0") });
    is_deeply(statuses($client, 20), {0 => 20}, 'the others follow as there is room');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a farm that refuses the account: the session is bound, and tries again' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    $sim->control("$_ refuse RINVPASWD") for qw(c d);
    my $plex = start_plex(conf => four($sim, routes => \@two,
                                       side => {%patient, 'queue-timeout' => '300ms'}));
    my $client = Smpplex::Peer->bound($plex->addr);
    eventually('the log says so', sub {
        $plex->log_text =~ /raw\S* not bound to a farm [^\n]*farm=side status=ESME_RINVPASWD / });
    is(nodes_of($client, $sim, '46701'), 'status ' . status('RTHROTTLED'), 'its messages wait in vain');
    like(nodes_of($client, $sim, qw(46801)), qr/^[ab]$/, 'the others don\'t');
    eventually('it is asked again and again', sub { $sim->stats('c')->{binds_refused} > 2 });
    is(scalar(() = $plex->log_text =~ /not bound to a farm/g), 1, 'said once');
    $sim->control("$_ heal") for qw(c d);
    eventually('it takes the account at last', sub { $plex->counters->{links_bound} == 4 });
    like(nodes_of($client, $sim, qw(46701 46801)), qr/^[cd] [ab]$/, 'and serves');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'the verdict is that of the farm at home' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    $sim->control("$_ refuse RINVPASWD") for qw(a b);
    my $plex = start_plex(conf => four($sim, routes => [@two, 'system-id = "side" farm = side']));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    is($client->read->{status}, status('RINVPASWD'), 'a refusal there is the client\'s');
    ok($client->is_closed, 'and the end');
    eventually("$_ has no session left", sub { !$sim->stats($_)->{sessions}{transceiver} }) for qw(c d);
    is(nodes_of(Smpplex::Peer->bound($plex->addr, id => 'side'), $sim, '46801') =~ /[cd]/, 1,
       'who is at home elsewhere is bound');
    $plex->is_good;
    drop($sim);
};

subtest 'the farm at home is lost: the session ends after its grace, with all answers' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    my $plex = start_plex(conf => four($sim, routes => \@two, home => {%patient, grace => '500ms'},
                                       side => {%patient, grace => '100ms'}));
    my $client = Smpplex::Peer->bound($plex->addr);
    side_is_bound($plex);
    for my $turn (1 .. 2) {
        $sim->control("$_ refuse-port") for qw(c d);
        $sim->control("$_ close") for qw(c d);
        eventually('the other farm is lost', sub { $plex->counters->{links_lost} == 2 * $turn });
        sleep 0.3;      # longer than its grace
        $sim->control("$_ listen") for qw(c d);
        eventually('and comes back', sub { $plex->counters->{links_bound} == 4 + 2 * $turn });
        like(nodes_of($client, $sim, qw(46701 46801)), qr/^[cd] [ab]$/, 'the session stays');
    }
    $sim->control("$_ refuse-port") for qw(a b);
    $sim->control("$_ close") for qw(a b);
    $client->send(submit(7, to => '46801') . submit(8, to => '46701'));
    my %got;
    while (my $pdu = $client->read) {
        $got{$pdu->{number}} = $pdu->{status} if $pdu->{command} == cmd('submit_sm_resp');
        $client->answer($pdu), last if $pdu->{command} == cmd('unbind');
    }
    is_deeply(\%got, {7 => status('RTHROTTLED'), 8 => 0}, 'each has its answer, then the unbind comes');
    ok($client->is_closed, 'and the end');
    $plex->is_good;
    drop($sim);
};

# Raw nodes, one of each farm, and a client that is bound to both: (plex, client, home's, side's).
sub raw_two {
    my ($client, %given) = @_;
    my ($a, $c) = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => farms_text(
        routes => \@two, listener => $given{listener}, home => {nodes => [['a', $a]], %{$given{home} // {}}},
        side => {nodes => [['c', $c]], %{$given{side} // {}}}));
    my $peer = Smpplex::Peer->connect($plex->addr, %$client);
    $peer->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } $a, $c;
    is($peer->read->{status}, 0, 'bound');
    side_is_bound($plex, 2);
    return ($plex, $peer, @nodes);
}

subtest 'what shared links bring fills the client\'s buffer: its own links are read again behind that' => sub {
    my ($plex, $client, $home, $side) = raw_two({rcvbuf => 4096}, listener => {hold => '16MiB', window => 5000},
                                                home => {links => 'session'}, side => {links => 'account'});
    my $n = 300;
    my $big = tlv(0x0424, 'x' x 40_000);
    $side->send(pdu('deliver_sm', 0, $_, Smpplex::Peer::message_body("side $_") . $big)) for 1 .. $n;
    my ($last, $same) = (0, 0);
    eventually('smpplex has them', sub {
        my $now = $plex->counters->{memory};
        $same = $now == $last && $now > 0 ? $same + 1 : 0;
        $last = $now;
        return $same > 10;
    });
    cmp_ok($last, '>', 1 << 20, "much more than a buffer full: $last octets");
    $home->send(pdu('deliver_sm', 0, 7, Smpplex::Peer::message_body('home')));
    my %seen;
    read_all([$client], $n + 1, sub {
        $seen{$_[0]{body} =~ /side/ ? 'side' : 'home'}++;
        $client->answer($_[0], 0, "\0");
    });
    is_deeply(\%seen, {side => $n, home => 1}, 'all comes');
    is(($home->read // {})->{number}, 7, 'and is answered at home');
    is(read_all([$side], $n, sub { }), $n, 'as it is aside');
    $_->close for $client, $home, $side;
    $plex->is_good;
};

# What waits is in the way of a session that leaves: when it is refused, the session may end.
subtest 'a farm is lost while a session leaves: the rest is answered, then it ends' => sub {
    my ($a, $c, $d) = map { Smpplex::Peer->listen } 1 .. 3;
    my $plex = start_plex(log_level => 'debug', conf => farms_text(
        routes => \@two, listener => {hold => '16KiB'}, home => {nodes => [['a', $a]]},
        side => {nodes => [['c', $c], ['d', $d, weight => 0]], window => 1, redispatch => 'none',
                 reconnect => '60s', 'reconnect-max' => '60s', 'queue-timeout' => '60s', grace => '60s'}));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my ($home, @side) = map { $_->accept_bind } $a, $c, $d;
    is($client->read->{status}, 0, 'bound');
    side_is_bound($plex, 3);
    # One is open, one waits: less than may wait, but more than a half of it.
    my $big = pdu('submit_sm', 0, 3, substr(submit(3, to => '46702'), 16) . tlv(0x0424, 'x' x 11_000));
    $client->send(submit(2, to => '46701') . $big);
    ok($side[0]->read_until('submit_sm'), 'one is at a node');
    eventually('one waits', sub { $plex->counters->{held} == 1 });
    $side[0]->reset;
    is($client->read->{number}, 2, 'which is lost: the one is answered');
    # What can't be read is an end, too, once what was before it is answered.
    $client->send(pack 'N4', 8, 4, 0, 4);
    eventually('it leaves', sub { $plex->log_text =~ /-> leaving/ });
    ok($client->read->{number} == 4, 'being told so');
    $side[1]->reset;
    is_deeply([@{$client->read // {}}{qw(status number)}], [status('RTHROTTLED'), 3], 'its last node is lost: the rest is refused');
    ok($client->is_closed, 'and the session ends');
    ok($home->read_until('unbind'), 'everywhere');
    $_->close for $client, $home, @side;
    $plex->is_good;
};

# --- under load

for my $links (['session', 'account'], ['account', 'session'], ['account', 'account']) {
    subtest "links: $links->[0] at home, $links->[1] aside" => sub {
        my $sim = start_sim(map { "$_=0,latency=exp:1ms,mo-long=50%" } qw(a b c d));
        my $plex = start_plex(conf => four($sim, routes => ['destination = "467000005*" farm = side'],
                                           home => {links => $links->[0], 'links-per-node' => 2, window => 20},
                                           side => {links => $links->[1], 'links-per-node' => 2, window => 20}));
        my $load = start_load('-t', $plex->addr, '-c', 6, '-a', 2, '-n', 1_000_000, '-d', '300s', '-w', 30,
                              '--long', 50, '--concat', 'mix', '--parts-over', 'several', '--shuffle',
                              '--mark', '--receipts', '--id-check', '--query', 200, '--destinations', 1000,
                              '-r', 8000);
        eventually('messages flow', sub { $sim->messages('c') > 50 });
        $sim->control("$_ mo 100") for qw(a c);
        eventually('what nodes have for clients is answered', sub {
            !grep { my $its = $sim->stats($_); $its->{mo_sent} < 100 || $its->{mo_answered} < $its->{mo_sent} } qw(a c);
        });
        eventually('many have passed', sub { $sim->messages > 12_000 }, 20);
        my $report = $load->stop;
        is($report->{accepted}, $report->{sent}, 'every message is accepted');
        all_answered_once($report, $sim);
        is($report->{receipts}{missing} + $report->{receipts}{unknown_id}, 0, 'receipts come from both');
        my $mo = $sim->stats('a')->{mo_answered} + $sim->stats('c')->{mo_answered};
        is($report->{mo}, $mo, "and so do $mo messages to the clients");
        is_deeply($report->{follow_ups}{query_sm}, {status => {ESME_ROK => 200}, unanswered => 0},
                  'ids find their farm');
        my $wrong = grep { ($_->[3] =~ /^467000005/ ? 1 : 0) != ($_->[0] =~ /[cd]/ ? 1 : 0) } $sim->messages;
        is($wrong, 0, 'no message is on the other farm');
        is(scalar(grep { $sim->stats($_)->{binds} != ($links->[0] eq 'account' ? 4 : 6) } qw(a b)), 0,
           'binds at home');
        is(scalar(grep { $sim->stats($_)->{binds} != ($links->[1] eq 'account' ? 4 : 6) } qw(c d)), 0,
           'binds aside');
        $plex->is_good;
        drop($sim);
    };
}

subtest 'nodes of both farms are lost under load: each request is answered once' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:2ms" } qw(a b c d));
    my $plex = start_plex(conf => four($sim, routes => ['destination = "467000005*" farm = side'],
                                       home => {%patient}, side => {%patient}));
    my $load = start_load('-t', $plex->addr, '-c', 4, '-d', '300s', '-w', 30, '--long', 30, '--destinations',
                          1000, '-r', 4000, '--retry', 'ESME_RTHROTTLED', '--id-check');
    eventually('messages flow', sub { $sim->messages('c') > 50 });
    for my $turn (1 .. 3) {
        for my $node (qw(a c b d)) {
            $sim->control("$node reset");
            sleep 0.1;
        }
    }
    my $mark = $sim->messages;
    eventually('messages flow on', sub { $sim->messages > $mark + 1000 });
    my $report = $load->stop;
    is($report->{unanswered}, 0, 'no request is without a response');
    is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'none has two');
    cmp_ok($report->{accepted}, '>', 1000, "$report->{accepted} are accepted");
    is_deeply($report->{refused_status}, {}, 'none is refused');
    $plex->is_good;
    drop($sim);
};

subtest 'SIGTERM under load: everything is answered, from both farms' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:5ms" } qw(a b c d));
    my $plex = start_plex(conf => four($sim, routes => ['destination = "467000005*" farm = side']));
    my $load = start_load('-t', $plex->addr, '-c', 4, '-d', '60s', '-w', 30, '--any-status', '--destinations', 1000);
    eventually('messages flow', sub { $sim->messages('c') > 100 });
    $plex->is_good;
    all_answered_once($load->wait_report, $sim);
    drop($sim);
};

# --- a change of the routes

subtest 'routes come and go under load: nothing is missing, no long message is torn' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:1ms" } qw(a b c d));
    my @routes = ([], ['destination = "467000005*" farm = side'],
                  ['destination = "46700000*" farm = side'], ['source = "nobody" farm = side']);
    my $plex = start_plex(conf => four($sim, routes => $routes[0]));
    my $load = start_load('-t', $plex->addr, '-c', 4, '-a', 2, '-n', 1_000_000, '-d', '300s', '-r', 5000, '-w', 50, '--long', 60, '--parts', '2-10',
                          '--concat', 'udh16', '--parts-over', 'several', '--shuffle', '--mark', '--receipts',
                          '--id-check', '--destinations', 1000, '--query', 300);
    eventually('messages flow', sub { $sim->messages('a') > 100 });
    is($sim->messages('c') + $sim->messages('d'), 0, 'at home alone');
    for my $turn (1 .. 8) {
        like(reload($plex, four($sim, routes => $routes[$turn % @routes])), qr/taken/, 'taken');
        my $mark = $sim->messages;
        eventually('messages flow on', sub { $sim->messages > $mark + 1000 });
    }
    my $report = $load->stop;
    is($report->{accepted}, $report->{sent}, 'every message is accepted');
    all_answered_once($report, $sim);
    is($report->{receipts}{missing} + $report->{receipts}{unknown_id} + $report->{receipts}{duplicate}, 0,
       'every receipt comes');
    is_deeply($report->{follow_ups}{query_sm}, {status => {ESME_ROK => 300}, unanswered => 0},
              'ids of any time find their node');
    my %sets;
    for my $m ($sim->messages) {
        my ($node, $who, $from, $to, $kind, $ref, $total) = @$m[0 .. 3, 6 .. 8];
        $sets{"$who $from $to $kind $ref $total"}{$node}++ if $kind ne '-';
    }
    is(scalar(grep { keys %$_ > 1 } values %sets), 0, 'no long message is torn');
    cmp_ok($sim->shares->{$_}, '>', 100, "$_ has its share") for qw(a b c d);
    $plex->is_good;
    drop($sim);
};

subtest 'a long message ends on the farm that it has begun on, whatever the routes are then' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    my $plex = start_plex(conf => four($sim));
    my @clients = map { Smpplex::Peer->bound($plex->addr) } 1 .. 2;
    my $number = 0;
    # The next part of a long message, over one connection and the other in turn; its node.
    my $part = sub {
        my ($reference, $at) = @_;
        my $client = $clients[$at % 2];
        $client->send(submit(++$number, part => [$reference, 4, $at]));
        my $resp = $client->read_until('submit_sm_resp') or return 'no answer';
        return ($sim->messages)[-1][0];
    };
    my %node = (1 => $part->(1, 1));
    like($node{1}, qr/[ab]/, 'one begins at home');
    reload($plex, four($sim, routes => \@two));
    side_is_bound($plex, 8);
    $node{2} = $part->(2, 1);
    like($node{2}, qr/[cd]/, 'one, when there is a route, aside');
    is($part->($_, 2), $node{$_}, "the second part of $_ follows") for 1, 2;
    reload($plex, four($sim));
    is($part->($_, 3), $node{$_}, "so does the third of $_, when it is gone") for 1, 2;
    like($part->(3, 1), qr/[ab]/, 'what begins now is at home');
    reload($plex, four($sim, routes => \@two));
    is($part->($_, 4), $node{$_}, "and the last of $_, when it is back") for 1, 2;
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'submit_multi and data_sm go by their addresses, too; what has none goes home' => sub {
    my ($a, $c) = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => farms_text(
        home => {nodes => [['a', $a]]}, side => {nodes => [['c', $c]]},
        routes => [@two, 'source = "77" farm = side']));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my %node = (home => $a->accept_bind, side => $c->accept_bind);
    is($client->read->{status}, 0, 'bound');
    side_is_bound($plex, 2);
    my $multi = sub { return pack('Z*CCZ*C', '', 1, 1, 'raw', scalar @_) . join('', @_) . pack('CCCZ*Z*CCCCC/a', 0, 0, 0, '', '', 0, 0, 0, 0, 'x') };
    my ($list, @sme) = (pack('CZ*', 2, 'staff'), map { pack('CCCZ*', 1, 1, 1, $_) } qw(46801 46701));
    my $data = sub { return pack('Z*CCZ*CCZ*CCC', '', 1, 1, $_[0], 1, 1, $_[1], 0, 0, 0) };
    my $broadcast = sub { return pack('Z*CCZ*Z*CZ*Z*CCC', '', 1, 1, $_[0], '', 0, '', '', 0, 0, 0) };
    for my $case (['submit_multi', $multi->(@sme), 'home'], ['submit_multi', $multi->(reverse @sme), 'side'],
                  ['submit_multi', $multi->($list, $sme[1]), 'side'], ['submit_multi', $multi->($list), 'home'],
                  ['data_sm', $data->('raw', '46801'), 'home'], ['data_sm', $data->('raw', '46701'), 'side'],
                  ['data_sm', $data->('77', '46801'), 'side'], ['broadcast_sm', $broadcast->('raw'), 'home'],
                  ['broadcast_sm', $broadcast->('77'), 'side'], [0x00010200, '46701', 'home'],
                  ['submit_sm', 'cut off', 'home']) {
        my ($command, $body, $farm) = @$case;
        $client->send(pdu($command, 0, 77, $body));
        my $got = $node{$farm}->read;
        is(unpack('H*', substr $got->{bytes} // '', 16), unpack('H*', $body), "$command to $farm, as it was");
        $node{$farm}->answer($got, 0, "1\0");
        is($client->read->{status}, 0, 'and its answer back');
    }
    # Without an id it may be anybody's.
    $client->send(cancel_pdu(5, ''));
    for my $farm (qw(home side)) {
        my $got = $node{$farm}->read_until('cancel_sm');
        ok($got, "cancel_sm without an id is asked of $farm");
        $node{$farm}->answer($got, $farm eq 'home' ? 0 : 0x11);
    }
    is($client->read->{status}, 0, 'one yes is enough');
    $client->close;
    $plex->is_good;
    drop();
};

subtest 'an account has one worker for all farms that routes join' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    my $text = "workers = 4\n" . four($sim, routes => \@two)
        . "listener aside { address = \"127.0.0.1:0\" farm = side }\nstatus { address = \"127.0.0.1:0\" }\n";
    my $plex = start_plex(conf => $text);
    my @clients = map { my $id = "x$_"; map { Smpplex::Peer->bound($plex->addr($_), id => $id) } qw(smpp aside) } 1 .. 12;
    my %workers;
    $workers{$_->{system_id}}{$_->{worker}}++ for @{http_json($plex->addr('status'), '/api/v1/sessions')->{sessions}};
    is(scalar(grep { keys %$_ != 1 } values %workers), 0, 'both sessions of each are on one');
    my %used = map { (keys %$_)[0] => 1 } values %workers;
    is(scalar(keys %used), 4, 'all workers have accounts');
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'shared links: who is at home on a farm that refuses gets its verdict each time' => sub {
    my $sim = start_sim(map { "$_=0" } qw(a b c d));
    $sim->control("$_ refuse RINVPASWD") for qw(c d);
    my $plex = start_plex(conf => four($sim, routes => \@two, home => {links => 'account'},
                                       side => {%patient, links => 'account', 'queue-timeout' => '300ms'})
                          . "listener aside { address = \"127.0.0.1:0\" farm = side }\n");
    my @clients = map { Smpplex::Peer->bound($plex->addr('smpp')) } 1 .. 3;
    eventually('asked', sub { $sim->stats('c')->{binds_refused} > 0 });
    for (1 .. 2) {
        my $client = Smpplex::Peer->connect($plex->addr('aside'));
        $client->send(bind_pdu('transceiver', 1));
        is($client->read->{status}, status('RINVPASWD'), 'refused');
        ok($client->is_closed, 'and ended');
    }
    like(nodes_of($_, $sim, '46801'), qr/^[ab]$/, 'the others go on') for @clients;
    $sim->control("$_ heal") for qw(c d);
    eventually('they are bound when the node takes them', sub { $sim->stats('c')->{sessions}{transceiver} });
    eventually('and served', sub { nodes_of($clients[1], $sim, '46701') =~ /^[cd]$/ });
    is($sim->stats('c')->{sessions}{transceiver}, 1, 'by one link');
    my $late = Smpplex::Peer->bound($plex->addr('aside'));
    like(nodes_of($late, $sim, '46801'), qr/^[cd]$/, 'who binds there now is taken');
    is($sim->stats('c')->{sessions}{transceiver}, 1, 'by the same link');
    $_->close for @clients, $late;
    $plex->is_good;
    drop($sim);
};

subtest 'a route that is new opens its farm for who is bound; one that goes leaves it to receipts' => sub {
    my $sim = start_sim('a=0', 'b=0', 'c=0,receipts=asked,receipt-delay=2s', 'd=0,receipts=asked,receipt-delay=2s');
    my $plex = start_plex(conf => four($sim));
    my $client = Smpplex::Peer->bound($plex->addr);
    like(nodes_of($client, $sim, qw(46701 46801)), qr/^[ab] [ab]$/, 'at first all is at home');
    is($sim->stats('c')->{binds}, 0, 'and there alone');
    like(reload($plex, four($sim, routes => \@two)), qr/taken/, 'a route comes');
    ok(side_is_bound($plex), 'the session is bound there');
    like(nodes_of($client, $sim, qw(46701 46801)), qr/^[cd] [ab]$/, 'its messages follow');
    $client->send(submit(5, to => '46701', receipt => 1));
    my $id = id_of($client->read_until('submit_sm_resp'));
    like(reload($plex, four($sim, routes => ['system-id = "raw" farm = side'])), qr/taken/, 'it goes');
    like(nodes_of($client, $sim, qw(46701 46801)), qr/^[ab] [ab]$/, 'messages stay at home, which stays what it is');
    $client->send(query_pdu(6, $id));
    is($client->read_until('query_sm_resp')->{status}, 0, 'the id is still known');
    my $receipt = $client->read_until('deliver_sm', 10);
    like($receipt->{body} // '', qr/id:$id /, 'the receipt comes');
    $client->answer($receipt, 0, "\0") if $receipt;
    like(nodes_of(Smpplex::Peer->bound($plex->addr), $sim, qw(46701)), qr/^[cd]$/, 'who binds now is at home there');
    $client->close;
    $plex->is_good;
    drop($sim);
};

done_testing;
