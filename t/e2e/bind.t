#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The bind of a client's is the nodes' to judge, and goes to all of them.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

# A port that refuses connections: bound, so that nobody else gets it, and not listening.
my @refused;

sub refused_addr {
    push @refused, IO::Socket::INET->new(Proto => 'tcp', LocalAddr => '127.0.0.1', LocalPort => 0) || die "bind: $!";
    return '127.0.0.1:' . $refused[-1]->sockport;
}

sub plex_for {
    my ($farm, @addrs) = @_;
    my $n = 0;
    return start_plex(conf => conf_text(farm => $farm, nodes => [map { ['n' . ++$n, $_] } @addrs]));
}

# Asks for a bind; the answer, and how long it took.
sub try_bind {
    my ($plex, $type, @login) = @_;
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->{begun} = time;
    $client->send(bind_pdu($type, 9, @login));
    my $resp = $client->read(20);
    $client->{took} = time - $client->{begun};
    return ($client, $resp);
}

subtest 'each type of bind goes up as it is' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for({}, map { $sim->addr($_) } qw(a b));
    for my $type (qw(transmitter receiver transceiver)) {
        my ($client, $resp) = try_bind($plex, $type);
        is_deeply([@$resp{qw(command status number)}], [cmd("bind_${type}_resp"), 0, 9], $type);
        is($sim->stats($_)->{sessions}{$type}, 1, "$type at $_") for qw(a b);
        $client->close;
        eventually("gone from $_", sub { !$sim->stats($_)->{sessions}{$type} }) for qw(a b);
    }
    $plex->is_good;
    drop($sim);
};

subtest 'the verdict is a node\'s' => sub {
    my $sim = start_sim('a=0,accounts=raw:secret', 'b=0,accounts=raw:secret');
    my $plex = plex_for({}, map { $sim->addr($_) } qw(a b));
    my ($client, $resp) = try_bind($plex, 'transceiver', 'raw', 'wrong');
    is($resp->{status}, status('RINVPASWD'), 'a wrong password');
    ok($client->is_closed, 'and the end');
    ($client, $resp) = try_bind($plex, 'transceiver', 'nobody', 'wrong');
    isnt($resp->{status}, 0, 'an unknown account');
    isnt($resp->{status}, status('RBINDFAIL'), 'it is the node\'s own word');
    ($client, $resp) = try_bind($plex, 'transceiver', 'raw', 'secret');
    is($resp->{status}, 0, 'the right password');
    $client->close;
    unlike($plex->log_text, qr/wrong|secret/, 'no password is in the log');
    is($plex->counters->{binds_refused}, 2, 'refusals are counted');
    $plex->is_good;
    drop($sim);
};

subtest 'no node reachable: ESME_RBINDFAIL, quickly' => sub {
    my $plex = plex_for({}, refused_addr(), refused_addr());
    my ($client, $resp) = try_bind($plex, 'transceiver');
    is_deeply([@$resp{qw(command status)}], [cmd('bind_transceiver_resp'), status('RBINDFAIL')],
              'refused ports');
    within($client->{begun}, 0.5 * slow_machine(), 'at once');
    ok($client->is_closed, 'and the end');
    $plex->is_good;

    my $silent = Smpplex::Peer->listen;
    $plex = plex_for({'connect-timeout' => '700ms'}, $silent->addr, refused_addr());
    ($client, $resp) = try_bind($plex, 'transceiver');
    is($resp->{status}, status('RBINDFAIL'), 'a node that does not answer the bind');
    within($client->{begun}, 0.7 * slow_machine() + 0.7, 'within connect-timeout');
    cmp_ok($client->{took}, '>=', 0.6, 'but it had its time');
    $plex->is_good;
};

subtest 'the first node\'s answer is passed on' => sub {
    my $door = Smpplex::Peer->listen;
    my $plex = plex_for({}, $door->addr);
    for my $body ("SMSC-1\0" . tlv(0x0210, "\x50"), "other\0", '', "\0" . tlv(0x1400, 'x')) {
        my $client = Smpplex::Peer->connect($plex->addr);
        $client->send(bind_pdu('transceiver', 0x80000000));
        my $node = $door->accept_bind($body);
        my $resp = $client->read;
        is(unpack('H*', $resp->{bytes}),
           unpack('H*', pdu('bind_transceiver_resp', 0, 0x80000000, $body)),
           'body of ' . length($body) . ' octets');
        $_->close for $client, $node;
    }
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 4));
    my $node = $door->accept;
    my $bind = $node->read;
    $node->send(pdu('generic_nack', 'RINVSYSID', $bind->{number}));
    my $resp = $client->read;
    is_deeply([@$resp{qw(command status number)}], [cmd('bind_transceiver_resp'), 0xF, 4],
              'a generic_nack to a bind is a refusal');

    $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 5));
    $node = $door->accept;
    $bind = $node->read;
    $node->send(pdu('enquire_link_resp', 0, $bind->{number}));
    $resp = $client->read(10);
    is_deeply($resp && [@$resp{qw(command number)}], [cmd('bind_transceiver_resp'), 5],
              'what answers no bind is not taken for its answer');
    isnt($resp && $resp->{status}, 0, 'nor for a success');
    $plex->is_good;
};

subtest 'a silent node of three does not delay the bind by more than bind-gather' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $silent = Smpplex::Peer->listen;
    my $plex = plex_for({'connect-timeout' => '60s', 'bind-gather' => '1s'},
                        $silent->addr, map { $sim->addr($_) } qw(a b));
    my ($client, $resp) = try_bind($plex, 'transceiver');
    is($resp->{status}, 0, 'bound');
    within($client->{begun}, 1 + 0.5 * slow_machine(), 'long before connect-timeout');
    cmp_ok($client->{took}, '>=', 0.95, 'the third node had its bind-gather');
    like($plex->log_text, qr/nodes=2\/3/, 'with the other two');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a node that refuses is asked again, and joins' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for({reconnect => '100ms', 'reconnect-max' => '400ms'},
                        map { $sim->addr($_) } qw(a b));
    $sim->control('b refuse ESME_RALYBND');
    my ($client, $resp) = try_bind($plex, 'transceiver');
    is($resp->{status}, 0, 'bound by the other one');
    eventually('it is asked again', sub { $sim->stats('b')->{binds_refused} >= 3 });
    is($sim->stats('b')->{binds}, 0, 'it still refuses');
    $sim->control('b heal');
    eventually('it is bound', sub { $sim->stats('b')->{sessions}{transceiver} }, 10);
    eventually('it gets messages', sub {
        $client->send(submit_pdu(1));
        $client->read;
        $sim->shares->{b};
    });
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a node that comes up later is bound in the background' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for({reconnect => '100ms', 'reconnect-max' => '400ms'},
                        map { $sim->addr($_) } qw(a b));
    $sim->control('b refuse-port');
    my @clients = map { (try_bind($plex, 'transceiver'))[0] } 1 .. 5;
    is($sim->stats('a')->{sessions}{transceiver}, 5, 'five sessions at the one that is up');
    $sim->control('b listen');
    links_are_bound($plex, 10, 'and then at the other too');
    is($sim->stats('b')->{sessions}{transceiver}, 5, 'all five');
    for my $client (@clients) {
        $client->send(join '', map { submit_pdu($_) } 1 .. 4);
        is(scalar(grep { $_->{status} == 0 } map { $client->read } 1 .. 4), 4, 'messages pass');
    }
    is_deeply($sim->shares, {a => 10, b => 10}, 'in equal shares');
    is($sim->stats('a')->{binds}, 5, 'without any new bind of the clients\'');
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'a client that leaves before the verdict leaves nothing' => sub {
    my $silent = Smpplex::Peer->listen;
    my $plex = plex_for({}, $silent->addr);
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my $node = $silent->accept;
    $node->read;
    $client->reset;
    ok($node->is_closed, 'the link is closed');
    eventually('nothing is left', sub {
        my $counters = $plex->counters;
        $counters->{sessions} + $counters->{linksets} == 0;
    });
    $plex->is_good;
};

done_testing();
