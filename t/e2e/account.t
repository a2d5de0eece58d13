#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# links = account: sessions whose binds are equal share their links, and none of them
# notices the others.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my @names = qw(a b c d);

sub conf_for {
    my ($addrs, %given) = @_;
    return conf_text(top => $given{top}, listener => $given{listener},
                     farm => {links => 'account', %{$given{farm} // {}}},
                     nodes => [map { [$_, $addrs->{$_}] } sort keys %$addrs]);
}

sub plex_for { my ($addrs, %given) = @_; return start_plex(conf => conf_for($addrs, %given)) }

sub addrs_of {
    my ($sim) = @_;
    return {map { $_ => $sim->addr($_) } grep { defined $sim->addr($_) } @names};
}

# Clients of one account at a raw node: (plex, node, client...).
sub raw_party {
    my ($clients, %given) = @_;
    my $door = Smpplex::Peer->listen;
    my $plex = plex_for({n1 => $door->addr}, %given);
    my $first = Smpplex::Peer->connect($plex->addr);
    $first->send(bind_pdu($given{type} // 'transceiver', 1));
    my $node = $door->accept_bind;
    $first->read;
    return ($plex, $node, $first,
            map { Smpplex::Peer->bound($plex->addr, type => $given{type}) } 2 .. $clients);
}

sub deliver_pdu {
    my ($number, $text) = @_;
    return pdu('deliver_sm', 0, $number, Smpplex::Peer::message_body($text));
}

# A part of a long message: esm_class says that a header is there.
sub part_pdu {
    my ($command, $number, $reference, $total, $part) = @_;
    return pdu($command, 0, $number,
               pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', '', 1, 1, 'raw', 1, 1, '46701', 0x40, 0, 0, '', '',
                    0, 0, 0, 0,
                    pack('CCCCCC', 5, 0, 3, $reference, $total, $part) . "r$reference"));
}

sub finish {
    my ($plex, @peers) = @_;
    $_->close for @peers;
    $plex->is_good;
    like($plex->log_text, qr/counters sessions=0 linksets=0 memory=0/, 'nothing is left behind');
    return;
}

subtest '1,000 binds of one account cost each node links-per-node binds' => sub {
    my $sim = start_sim(map { "$_=0,accounts=load0:load,receipts=asked" } qw(a b));
    my $plex = plex_for(addrs_of($sim), farm => {'links-per-node' => 2});
    my $load = start_load('-t', $plex->addr, '-c', 1000, '-n', 20_000, '-w', 10, '--receipts',
                          '--id-check', '--idle', '1s');
    my $report = $load->wait_report(90);
    is($report->{exit}, 0, 'smppload finds no fault') or diag($report->{stderr});
    is($report->{accepted}, 20_000, 'every message is accepted');
    is($report->{receipts}{received}, 20_000, 'every receipt comes');
    is($plex->counters->{sessions_bound}, 1000, '1,000 sessions');
    is($sim->stats($_)->{binds}, 2, "two binds at $_") for qw(a b);
    finish($plex);
    drop($sim);
};

subtest 'what a busy node refuses goes to another one, not to its next link' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = start_plex(conf => conf_text(
        farm => {links => 'account', 'links-per-node' => 4, 'redispatch-max' => 1},
        nodes => [['a', $sim->addr('a'), weight => 3], ['b', $sim->addr('b')]]));
    $sim->control('a status RTHROTTLED 100');
    my $report = run_load('-t', $plex->addr, '-c', 2, '-a', 1, '-w', 2, '-r', 200, '-d', '2s');
    is($report->{exit}, 0, 'smppload finds no fault') or diag($report->{stderr});
    is($report->{accepted}, $report->{sent}, 'every message is accepted');
    my $asked = $sim->stats('a')->{taken} + $sim->stats('a')->{refused};
    cmp_ok($asked, '>', 0, "a was asked, $asked times");
    is($plex->counters->{retried}, $asked, 'once for each message that b got instead');
    finish($plex);
    drop($sim);
};

subtest 'a password that is not the live one is the nodes\' to judge' => sub {
    my $sim = start_sim('a=0,accounts=acme:secret', 'b=0,accounts=acme:secret');
    my $plex = plex_for(addrs_of($sim));
    my @clients = map { Smpplex::Peer->bound($plex->addr, id => 'acme') } 1 .. 5;
    is($sim->stats('a')->{binds}, 1, 'five sessions, one bind');
    for my $wrong ('wrong', 'secreT', 'secret1', 'secre', '') {
        my $client = Smpplex::Peer->connect($plex->addr);
        $client->send(bind_pdu('transceiver', 9, 'acme', $wrong));
        my $resp = $client->read(10);
        is_deeply([$resp->{status}, $resp->{number}], [status('RINVPASWD'), 9],
                  "'$wrong' is refused, as the nodes do");
        ok($client->is_closed, 'and closed');
    }
    push @clients, Smpplex::Peer->bound($plex->addr, id => 'acme');
    is($sim->stats('a')->{binds}, 1, 'the right one still costs no bind');
    for my $type (qw(transmitter receiver)) {
        push @clients, Smpplex::Peer->bound($plex->addr, id => 'acme', type => $type) for 1 .. 2;
        is($sim->stats('a')->{sessions}{$type}, 1, "a $type does");
    }
    unlike($plex->log_text, qr/secret/, 'no password is in the log');
    finish($plex, @clients);
    drop($sim);
};

subtest 'who joins while the first binds hears the same' => sub {
    for my $case ([0, "SMSC\0" . tlv(0x0210, "\x34")], [status('RINVPASWD'), '']) {
        my ($status, $body) = @$case;
        my $door = Smpplex::Peer->listen;
        my $plex = plex_for({n1 => $door->addr});
        my @clients = map { Smpplex::Peer->connect($plex->addr) } 1 .. 4;
        $clients[0]->send(bind_pdu('transceiver', 100));
        my $node = $door->accept;
        my $bind = $node->read;
        $clients[$_]->send(bind_pdu('transceiver', 100 + $_)) for 1 .. 2;
        $clients[3]->send(bind_pdu('transceiver', 103, 'raw', 'other'));
        my $other = $door->accept or die 'no second bind';
        my $its = $other->read;
        like($its->{bytes}, qr/other/, 'another password has a bind of its own');
        $other->send(pdu('bind_transceiver_resp', 'RINVPASWD', $its->{number}));
        is($clients[3]->read->{status}, status('RINVPASWD'), 'and its own verdict');
        ok($clients[1]->silent(0.1), 'the others wait');
        $node->send(pdu('bind_transceiver_resp', $status, $bind->{number}, $body));
        for my $i (0 .. 2) {
            my $resp = $clients[$i]->read;
            is(unpack('H*', $resp->{bytes}),
               unpack('H*', pdu('bind_transceiver_resp', $status, 100 + $i, $body)), "client $i");
        }
        if ($status == 0) {
            $clients[3]->close;
            $clients[3] = Smpplex::Peer->bound($plex->addr);
            is($clients[3]->{bind_resp}{body}, $body, 'who comes later too');
        }
        finish($plex, @clients, $node, $other);
    }
};

subtest 'what is held is sent in turn, one of each session' => sub {
    my ($plex, $node, @clients) = raw_party(3, farm => {window => 4});
    $clients[0]->send(join '', map { submit_pdu($_, "a$_") } 1 .. 300);
    my @open = map { $node->read } 1 .. 4;
    eventually('the first one\'s are held', sub { $plex->counters->{held} == 296 });
    $clients[1]->send(join '', map { submit_pdu($_, "b$_") } 1 .. 5);
    eventually('the second\'s too', sub { $plex->counters->{held} == 301 });
    $clients[2]->send(join '', map { submit_pdu($_, "c$_") } 1 .. 3);
    eventually('the third\'s too', sub { $plex->counters->{held} == 304 });
    my @order;
    while (my $got = shift @open) {
        push @order, $got->{body} =~ /([abc]\d+)\z/;
        $node->answer($got, 0, "$order[-1]\0");
        push @open, grep { $_ } $node->read if @order + @open < 308;
    }
    is(join(' ', @order[4 .. 19]), 'a5 b1 c1 a6 b2 c2 a7 b3 c3 a8 b4 a9 b5 a10 a11 a12', 'in turn');
    for (['a', 300], ['b', 5], ['c', 3]) {
        my ($who, $n) = @$_;
        is(join(' ', grep { /^$who/ } @order), join(' ', map { "$who$_" } 1 .. $n),
           "$who: all, in order");
        my $client = shift @clients;
        my @resps = map { $client->read } 1 .. $n;
        is(scalar(grep { $_->{body} =~ /\d\d$who$_->{number}\0/ } @resps), $n,
           'each response at its session');
        $client->close;
    }
    finish($plex, $node);
};

subtest 'parts that wait for one node leave room for those of others' => sub {
    my ($plex, $node, @clients) = raw_party(2, farm => {window => 1});
    $clients[0]->send(join '', map { part_pdu('submit_sm', $_, 1, 100, $_) } 1 .. 100);
    eventually('they wait', sub { $plex->counters->{requests_up} == 100 });
    $clients[1]->send(part_pdu('submit_sm', 1, 2, 2, 1) . part_pdu('submit_sm', 2, 2, 2, 2));
    eventually('and the other\'s', sub { $plex->counters->{requests_up} == 102 });
    my (@order, @parts);
    while (@order < 102) {
        my $got = $node->read or last;
        push @order, $got->{body} =~ /(r\d)\z/;
        push @parts, unpack 'C', substr $got->{body}, -3, 1 if $order[-1] eq 'r1';
        $node->answer($got, 0, "x\0");
    }
    is(scalar(@order), 102, 'all are sent');
    my @at = grep { $order[$_] eq 'r2' } 0 .. $#order;
    cmp_ok($at[-1], '<', 30, "the other's are the @at of 102");
    is(join(' ', @parts), join(' ', 1 .. 100), 'in order');
    is(scalar(grep { $clients[0]->read } 1 .. 100), 100, 'all are answered');
    is(scalar(grep { $clients[1]->read } 1 .. 2), 2, 'all are answered');
    finish($plex, $node, @clients);
};

subtest 'who floods delays nobody' => sub {
    my $sim = start_sim(map { "$_=0,latency=5ms" } qw(a b));
    my $plex = plex_for(addrs_of($sim), farm => {window => 10});
    my $flood = start_load('-t', $plex->addr, '-a', 1, '-w', 1000, '-d', '300s', '--long', 20);
    eventually('the flood is held', sub { $plex->counters->{held} > 2000 });
    my $begun = time;
    my $quiet = run_load('-t', $plex->addr, '-a', 1, '-w', 1, '-n', 100);
    is($quiet->{accepted}, 100, 'the quiet one\'s messages are accepted');
    cmp_ok($quiet->{latency_ms}{p90}, '<', 25 * slow_machine() + stalled_ms($begun),
           "at once: p90 $quiet->{latency_ms}{p90} ms");
    my $report = $flood->stop;
    cmp_ok($report->{latency_ms}{p50}, '>', 2 * $quiet->{latency_ms}{p50},
           "the flood waits: p50 $report->{latency_ms}{p50} ms");
    is($sim->stats('a')->{binds}, 1, 'over one link');
    finish($plex);
    drop($sim);
};

subtest 'MO goes to the sessions in turn, a long message to one' => sub {
    my ($plex, $node, @clients) = raw_party(3);
    $node->send(join '', map { deliver_pdu($_, "m$_") } 1 .. 30);
    for my $client (@clients) {
        my @got = map { $client->read } 1 .. 10;
        is(scalar(grep { $_->{command} == cmd('deliver_sm') } @got), 10, 'ten of thirty');
        $client->answer($_, 0, "\0") for @got;
        ok($client->silent(0.05), 'not more');
    }
    my %answered = map { $node->read->{number} => 1 } 1 .. 30;
    is(join(' ', sort { $a <=> $b } keys %answered), join(' ', 1 .. 30), 'all are answered');
    my $number = 100;
    for my $part (1 .. 4) {
        $node->send(join '', map { part_pdu('deliver_sm', $number++, $_, 4, $part) } 1 .. 20);
    }
    my (%at, %count);
    read_all(\@clients, 80, sub {
        my ($got, $i) = @_;
        my ($reference) = $got->{body} =~ /r(\d+)\z/;
        $at{$reference}{$i}++;
        $count{$i}++;
        $clients[$i]->answer($got, 0, "\0");
    });
    is(scalar(grep { keys %$_ == 1 && (values %$_)[0] == 4 } values %at), 20,
       'the parts of each are together');
    cmp_ok($count{$_} // 0, '>=', 16, "client $_ has $count{$_} of 80") for 0 .. $#clients;
    finish($plex, $node, @clients);
};

subtest 'with nobody to receive, the node keeps its messages' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for(addrs_of($sim));
    my $client = Smpplex::Peer->bound($plex->addr, id => 'acme');
    $client->send(pdu('unbind', 0, 5));
    is($client->read->{command}, cmd('unbind_resp'), 'the only session ends');
    ok($client->is_closed, 'and is closed');
    $sim->control('a mo 20 acme');
    eventually('the messages are turned back', sub { $plex->counters->{turned_back} >= 20 });
    is($sim->stats('a')->{sessions}{transceiver}, 1, 'the link is there');
    my $next = Smpplex::Peer->bound($plex->addr, id => 'acme');
    is($sim->stats('a')->{binds}, 1, 'and serves the next session');
    my %texts;
    for (1 .. 20) {
        my $got = $next->read_until('deliver_sm', 10) or last;
        $texts{$got->{body}}++;
        $next->answer($got, 0, "\0");
    }
    eventually('which gets them all', sub { $sim->stats('a')->{mo_answered} == 20 });
    finish($plex, $next);
    drop($sim);
};

subtest 'who does not read gets no more, the others get theirs' => sub {
    my ($plex, $node, $slow, @clients) = raw_party(3, listener => {window => 20, hold => '1KiB'});
    $node->send(join '', map { deliver_pdu($_, sprintf 'm%04d', $_) } 1 .. 500);
    my $got = read_all(\@clients, 480, sub { $clients[$_[1]]->answer($_[0], 0, "\0") }, 10);
    ok($_->silent(0.05), 'and not more') for @clients;
    is($got, 480, 'the others get all but what its window holds');
    is($plex->counters->{turned_back}, 0, 'nothing is turned back');
    is(scalar(grep { $node->read } 1 .. 480), 480, 'and the node its answers');
    # now nobody answers: three windows and `hold`, and the link is not read any more
    $node->send(join '', map { deliver_pdu($_, 'x' x 100) } 1001 .. 1200);
    eventually('the others\' windows are full too',
               sub { $plex->counters->{requests_down} >= 550 });
    my $big = join '', map { deliver_pdu($_, 'y' x 200) } 2001 .. 40_000;
    ok(!$node->send($big, 0.5), 'then the node is not read');
    my $counters = $plex->counters;
    cmp_ok($counters->{memory}, '<', 1 << 21, "bounded: $counters->{memory} octets");
    is($counters->{turned_back}, 0, 'and nothing is turned back');
    my @all = ($slow, @clients);
    is(read_all(\@all, 1000, sub { $all[$_[1]]->answer($_[0], 0, "\0") }, 10), 1000, 'read again, it goes on');
    finish($plex, $node, $slow, @clients);
};

subtest 'one session\'s end takes nothing from the others' => sub {
    my ($plex, $node, $gone, $stays) = raw_party(2, farm => {window => 20});
    $gone->send(join '', map { submit_pdu($_, "g$_") } 1 .. 40);
    my @open = map { $node->read } 1 .. 20;
    eventually('some are open, some held', sub { $plex->counters->{held} == 20 });
    $stays->send(join '', map { submit_pdu($_, "s$_") } 1 .. 3);
    eventually('the other\'s are held behind', sub { $plex->counters->{held} == 23 });
    $node->send(deliver_pdu(1, 'm1') . deliver_pdu(2, 'm2'));
    is($stays->read->{command}, cmd('deliver_sm'), 'each has a delivery');
    $gone->reset;
    my $back = $node->read;
    is_deeply([@$back{qw(command status)}], [cmd('deliver_sm_resp'), status('RX_T_APPN')],
              'the one of the session that ends is turned back');
    $node->answer($_, 0, "x\0") for @open;
    my @next = map { $node->read } 1 .. 3;
    is(join(' ', map { $_->{body} =~ /([gs]\d+)\z/ } @next), 's1 s2 s3',
       'what it held is not sent');
    $node->answer($_, 0, "y\0") for @next;
    is(join(' ', map { $stays->read->{number} } 1 .. 3), '1 2 3', 'the other gets its responses');
    is($plex->counters->{late_responses}, 20, 'those of the one that has ended are late');
    finish($plex, $node, $stays);
};

subtest 'what a lost link leaves goes to another node, each session\'s in order' => sub {
    my ($first, $second) = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => conf_text(
        farm => {links => 'account', window => 6, 'redispatch-max' => 5},
        nodes => [['n1', $first->addr], ['n2', $second->addr, backup => 'true']]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my ($node, $backup) = map { $_->accept_bind } $first, $second;
    $client->read;
    my @clients = ($client, map { Smpplex::Peer->bound($plex->addr) } 1 .. 2);
    for my $n (1 .. 10) {
        for my $i (0 .. 2) {
            $clients[$i]->send(submit_pdu($n, sprintf 's%d-%02d', $i, $n));
            eventually('it is there', sub { $plex->counters->{requests_up} >= 3 * $n - 2 + $i })
                if $n < 3;
        }
    }
    eventually('some are open, some held', sub { $plex->counters->{requests_up} == 30 });
    $node->reset;
    my @order;
    while (@order < 30) {
        my $got = $backup->read or last;
        push @order, $got->{body} =~ /(s\d-\d\d)\z/;
        $backup->answer($got, 0, "x\0");
    }
    for my $i (0 .. 2) {
        is(join(' ', grep { /^s$i/ } @order), join(' ', map { sprintf 's%d-%02d', $i, $_ } 1 .. 10),
           "session $i: all, in order");
        is(scalar(grep { $clients[$i]->read } 1 .. 10), 10, 'and answered');
    }
    finish($plex, $backup, @clients);
};

subtest 'links-per-node: what has one destination keeps to one link' => sub {
    my $door = Smpplex::Peer->listen;
    my $plex = plex_for({n1 => $door->addr},
                        farm => {'links-per-node' => 3, balance => 'destination'});
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @links = map { $door->accept_bind } 1 .. 3;
    $client->read;
    for my $n (1 .. 60) {
        my $body = Smpplex::Peer::message_body("m$n");
        $body =~ s/46701/sprintf '467%02d', $n % 20/e;
        $client->send(pdu('submit_sm', 0, $n, $body));
    }
    my (%at, %used);
    read_all(\@links, 60, sub {
        my ($got, $i) = @_;
        my ($to) = $got->{body} =~ /(467\d\d)/;
        $at{$to}{$i}++;
        $used{$i}++;
        $links[$i]->answer($got, 0, "x\0");
    });
    is(scalar(grep { keys %$_ == 1 && (values %$_)[0] == 3 } values %at), 20,
       'each destination has its link');
    is(scalar(keys %used), 3, 'and each link has some');
    is(scalar(grep { $client->read } 1 .. 60), 60, 'all are answered');
    finish($plex, @links, $client);
};

subtest 'links-per-node: each has its part of what is in turn, however many nodes there are' => sub {
    for my $nodes (1, 2, 4) {
        my %doors = map { ("n$_" => Smpplex::Peer->listen) } 1 .. $nodes;
        my $plex = plex_for({map { ($_ => $doors{$_}->addr) } keys %doors},
                            farm => {'links-per-node' => 2, window => 1000});
        my $client = Smpplex::Peer->connect($plex->addr);
        $client->send(bind_pdu('transceiver', 1));
        my @links = map { my $door = $_; map { $door->accept_bind } 1 .. 2 } values %doors;
        $client->read;
        $client->send(join '', map { submit_pdu($_) } 1 .. 40 * $nodes);
        my %used;
        read_all(\@links, 40 * $nodes, sub {
            my ($got, $i) = @_;
            $used{$i}++;
            $links[$i]->answer($got, 0, "x\0");
        });
        is(scalar(grep { $_ >= 15 && $_ <= 25 } values %used), 2 * $nodes,
           "$nodes nodes: half each, or nearly (@used{sort keys %used})");
        finish($plex, @links, $client);
    }
};

subtest 'linger: the links outlive the last session for so long' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for(addrs_of($sim), farm => {linger => '5s'});
    for my $round (1 .. 3) {
        my $client = Smpplex::Peer->bound($plex->addr);
        $client->reset;
        eventually('it has ended', sub { $plex->counters->{sessions} == 0 });
    }
    is($sim->stats($_)->{binds}, 1, "one bind at $_ for three sessions") for qw(a b);
    eventually('then they unbind', sub { $plex->counters->{linksets} == 0 });
    eventually('no session is at the node', sub { !$sim->stats('a')->{sessions}{transceiver} });
    my $client = Smpplex::Peer->bound($plex->addr);
    is($sim->stats('a')->{binds}, 2, 'the next session binds anew');
    $client->reset;
    eventually('it has ended', sub { $plex->counters->{sessions} == 0 });
    $sim->control("$_ close") for qw(a b);
    eventually('lost without a session, they are given up',
               sub { $plex->counters->{linksets} == 0 }, 4 / slow_machine());
    $client = Smpplex::Peer->bound($plex->addr);
    my $other = Smpplex::Peer->bound($plex->addr);
    $sim->control("$_ refuse-port") for qw(a b);
    $sim->control("$_ close") for qw(a b);
    eventually('lost with sessions', sub { $plex->log_text =~ /no node is left/ });
    my $late = Smpplex::Peer->connect($plex->addr);
    $late->send(bind_pdu('transceiver', 3));
    is($late->read->{status}, status('RBINDFAIL'), 'who comes now is told that no node is there');
    $sim->control("$_ listen") for qw(a b);
    eventually('they are bound again', sub { $sim->stats('a')->{sessions}{transceiver} == 1 }, 15);
    $_->send(submit_pdu(7)) for $client, $other;
    is($_->read(10)->{status}, 0, 'and serve who stayed') for $client, $other;
    finish($plex, $client, $other);
    drop($sim);
};

subtest 'SIGTERM: everything is answered, all are unbound, nothing lingers' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:20ms" } qw(a b));
    my $plex = plex_for(addrs_of($sim), farm => {linger => '1h'});
    my $before = Smpplex::Peer->bound($plex->addr, id => 'gone');
    $before->reset;
    my $load = start_load('-t', $plex->addr, '-c', 40, '-a', 4, '-d', '60s', '-w', 20,
                          '--any-status');
    eventually('messages flow', sub { ($sim->shares->{a} // 0) > 500 });
    $plex->signal('TERM');
    is($plex->wait_end(30), 0, 'the exit status is 0');
    all_answered_once($load->wait_report, $sim);
    finish($plex);
    drop($sim);
};

subtest 'SIGTERM twice ends at once' => sub {
    my ($plex, $node, @clients) = raw_party(3, farm => {window => 5});
    $_->send(join '', map { submit_pdu($_, 'x') } 1 .. 10) for @clients;
    $node->send(deliver_pdu($_, 'm')) for 1 .. 5;
    eventually('some is held', sub { $plex->counters->{held} == 25 });
    $plex->signal('TERM');
    eventually('the first waits', sub { $plex->log_text =~ /waiting for what/ });
    $plex->signal('TERM');
    is($plex->wait_end(5), 0, 'it ends');
    for my $client (@clients) {
        my %answered;
        while (my $pdu = $client->read) {
            $answered{$pdu->{number}}++ if $pdu->{command} == cmd('submit_sm_resp');
        }
        is(scalar(keys %answered), 10, 'all are answered');
        is(scalar(grep { $_ > 1 } values %answered), 0, 'once');
    }
    finish($plex, $node, @clients);
};

subtest 'transmitters and receivers; long messages over several sessions' => sub {
    my $sim = start_sim((map { "$_=0,receipts=asked" } @names), {text => 16});
    my $plex = plex_for(addrs_of($sim));
    my $report = run_load('-t', $plex->addr, '-c', 30, '-a', 3, '-n', 20_000, '-w', 20, '--bind',
                          'tx+rx', '--receipts', '--id-check', '--long', 60, '--concat', 'mix',
                          '--parts-over', 'several', '--query', 200);
    is($report->{exit}, 0, 'smppload finds no fault') or diag($report->{stderr});
    is($report->{receipts}{received}, 20_000, 'every receipt comes to a receiver');
    is($sim->stats($_)->{binds}, 6, "$_: a transmitter and a receiver for each account")
        for @names;
    my %sets;
    for my $message ($sim->messages) {
        my ($node, $who, $from, $to, undef, undef, $kind, $ref, $total) = @$message;
        $sets{"$who $from $to $kind $ref $total"}{$node}++ if $kind ne '-';
    }
    cmp_ok(scalar(keys %sets), '>', 500, keys(%sets) . ' long messages');
    is(scalar(grep { keys %$_ > 1 } values %sets), 0, 'none is torn');
    finish($plex);
    drop($sim);
};

subtest 'rate: all sessions of the account together' => sub {
    my $sim = start_sim('a=0');
    for my $excess (qw(delay throttle)) {
        my $plex = plex_for(addrs_of($sim), farm => {rate => 1000, 'rate-excess' => $excess});
        my $begun = time;
        my $report = run_load('-t', $plex->addr, '-c', 20, '-a', 1, '-w', 20, '-d', '3s',
                              '--any-status');
        cmp_ok($report->{accepted}, '<=', 4700 + stalled_ms($begun), "$excess: $report->{accepted} in 3 s");
        cmp_ok($report->{accepted}, '>=', 2500 / slow_machine(), 'not fewer than it may be');
        is($report->{unanswered}, 0, 'all are answered');
        finish($plex);
    }
    drop($sim);
};

subtest 'reload: a node comes and one goes; new numbers hold for new links' => sub {
    my $sim = start_sim(map { "$_=0" } @names);
    my $addrs = addrs_of($sim);
    my $with = sub { return {map { $_ => $addrs->{$_} } @_} };
    my $farm = {'concat-ttl' => '1s'};
    my $plex = plex_for($with->(qw(a b c)), farm => $farm);
    my $load = start_load('-t', $plex->addr, '-c', 20, '-d', '300s', '-r', 2000, '--long', 30);
    eventually('messages flow', sub { ($sim->shares->{c} // 0) > 200 });
    $plex->write_conf(conf_for($with->(qw(a b d)), farm => {%$farm, 'links-per-node' => 3}));
    $plex->signal('HUP');
    eventually('the new node is bound once', sub { $sim->stats('d')->{binds} == 1 });
    eventually('and used', sub { ($sim->shares->{d} // 0) > 200 });
    eventually('the old one is left', sub { $sim->stats('c')->{sessions}{transceiver} == 0 });
    my $new = Smpplex::Peer->bound($plex->addr, id => 'new');
    eventually('a new account has three links', sub {
        !grep { $sim->stats($_)->{binds} != 4 } qw(a b d)
    });
    my $report = $load->stop;
    is($report->{exit}, 0, 'smppload finds no fault') or diag($report->{stderr});
    finish($plex, $new);
    drop($sim);
};

subtest 'kill -9 of a node under load: nothing is missing, every response comes once' => sub {
    my $rounds = $ENV{SMPPLEX_LONG} ? 10 : 2;
    my %sims = map { $_ => start_sim("$_=0,latency=exp:5ms", {text => 24}) } qw(a b c);
    my $plex = plex_for({map { $_ => $sims{$_}->addr($_) } keys %sims},
                        farm => {reconnect => '200ms', 'reconnect-max' => '500ms',
                                 'links-per-node' => 2, window => 50});
    my $log = work_dir . '/load.log';
    my $load = start_load('-t', $plex->addr, '-c', 40, '-a', 2, '-w', 20, '-r', 3000, '-d', '300s',
                          '--mark', '-l', $log, '--long', 20);
    eventually('messages flow', sub { $plex->counters->{responses_up} > 1000 });
    my @dead;
    for my $round (1 .. $rounds) {
        my ($addr) = $sims{b}->addr('b') =~ /(\d+)$/;
        is($sims{b}->end('KILL'), 'signal 9', 'a node is killed');
        eventually('its links are lost', sub { $plex->counters->{links_lost} >= 4 * $round });
        push @dead, $sims{b};
        $sims{b} = start_sim("b=$addr,latency=exp:5ms", {text => 24});
        links_are_bound($plex, 12 + 4 * $round, 'back again, it is bound');
        eventually('and used', sub { $sims{b}->messages > 1000 }, 20);
    }
    my $report = $load->stop;
    is($report->{refused}, 0, 'no client saw an error');
    is($report->{unanswered}, 0, 'no request is without a response');
    is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'none has two');
    is($report->{connections}{lost}, 0, 'no connection was lost');
    my %logged;
    for my $message (map { $_->messages } values %sims, @dead) {
        $logged{$1 + 0}++ if (pack 'H*', $message->[10] // '') =~ /load-(\d+)/;
    }
    open my $in, '<', $log or die "$log: $!";
    my $missing = grep { my @field = split /\t/; $field[2] eq 'ESME_ROK' && !$logged{$field[1]} }
        <$in>;
    is($missing, 0, 'every accepted message is in a node\'s log');
    my $counters = $plex->counters;
    cmp_ok($counters->{moved}, '>', 0, "$counters->{moved} moved");
    my $twice = grep { $_ > 1 } values %logged;
    cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice twice, of $counters->{in_doubt} in doubt");
    finish($plex);
    drop(values %sims);
};

# Clients come and go all the time, some of them without a word, while nodes are lost.
subtest 'sessions and nodes that come and go' => sub {
    my $sim = start_sim((map { "$_=0,latency=exp:3ms,mo=20,mo-long=30%" } qw(a b)), {no_log => 1});
    my $plex = plex_for(addrs_of($sim), farm => {
        window => 20, linger => '20ms', reconnect => '50ms', 'queue-timeout' => '300ms',
        grace => '500ms'});
    my $until = time + ($ENV{SMPPLEX_LONG} ? 30 : 4);
    my ($rounds, $bound) = (0, 0);
    while (time < $until) {
        my @clients = map { Smpplex::Peer->connect($plex->addr) } 1 .. 12;
        $clients[$_]->send(bind_pdu('transceiver', 1, 'x' . $_ % 2)) for 0 .. $#clients;
        $clients[11]->reset;
        for my $client (@clients[0 .. 10]) {
            my $resp = $client->read(5) or next;
            next if $resp->{status} != 0;
            $bound++;
            $client->send(join '', map {
                $_ % 5 ? submit_pdu($_, "t$_") : part_pdu('submit_sm', $_, $_, 2, 1)
            } 1 .. 60);
        }
        $sim->control(($rounds % 2 ? 'a' : 'b') . ' close') if $rounds % 3 == 0;
        $sim->control("$_ close") for $rounds % 7 == 6 ? qw(a b) : ();
        $clients[$_]->reset for 0 .. 3;
        $clients[$_]->send(pdu('unbind', 0, 999)) for 4 .. 8;
        $clients[$_]->close for 9 .. 10;
        $clients[$_]->read_until('unbind_resp', 1) for 4 .. 6;
        $_->close for @clients[4 .. 8];
        $rounds++;
    }
    cmp_ok($bound, '>', 5 * $rounds, "$bound binds in $rounds rounds");
    eventually('all have ended', sub {
        my $counters = $plex->counters;
        return !$counters->{sessions} && !$counters->{linksets};
    }, 15);
    finish($plex);
    drop($sim);
};

subtest '9,000 sessions' => sub {
    plan skip_all => 'only with SMPPLEX_LONG' if !$ENV{SMPPLEX_LONG};
    my $sim = start_sim((map { "$_=0" } @names), {no_log => 1});
    my $plex = plex_for(addrs_of($sim));
    my $before = $plex->rss;
    my $load = start_load('-t', $plex->addr, '-c', 9000, '-a', 90, '-w', 2, '-d', '10s', '--idle',
                          '3s');
    my $begun = time;
    eventually('all are bound', sub { $plex->counters->{sessions_bound} == 9000 }, 10);
    diag(sprintf '9,000 bound in %.1f s', time - $begun);
    my $report = $load->wait_report(120);
    is($report->{exit}, 0, 'smppload finds no fault') or diag($report->{stderr});
    diag(sprintf '%.0f messages/s, %.1f KiB a session', $report->{accepted_per_s},
         ($plex->rss - $before) / 9000);
    is($sim->stats($_)->{binds}, 90, "90 binds at $_") for @names;
    finish($plex);
    drop($sim);
};

done_testing();
