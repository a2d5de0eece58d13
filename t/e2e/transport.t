#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# IPv6 and unix sockets on both sides, and a process out of descriptors.
use strict;
use warnings;
use IO::Socket::IP;
use Test::More;

use Smpplex::Peer;
use Smpplex::Test;

my $has_ipv6 = IO::Socket::IP->new(Listen => 1, LocalHost => '::1', LocalPort => 0);

sub passes {
    my ($where, $node) = @_;
    my $sim = start_sim("a=$node", "b=$node" =~ s/node\.sock/node2.sock/r);
    my $plex = start_plex(conf => conf_text(listener => {address => $where},
                                            nodes => [map { [$_, $sim->addr($_)] } qw(a b)]));
    my $report = run_load('-t', $plex->addr, '-n', 2000, '-c', 3, '--receipts');
    is($report->{accepted}, 2000, 'messages pass');
    is($report->{receipts}{missing}, 0, 'receipts pass');
    # several send at a time: up to 16 in a row are for one node
    my ($a, $b) = @{$sim->shares}{qw(a b)};
    ok($a + $b == 2000 && abs($a - $b) <= 32, "to both nodes: $a, $b");
    my $addr = $plex->addr;
    $plex->is_good;
    drop($sim);
    return $addr;
}

SKIP: {
    skip 'no IPv6 here', 1 if !$has_ipv6;
    subtest 'IPv6' => sub { like(passes('[::1]:0', '[::1]:0'), qr/^\[::1\]:\d+$/, 'its address') };
}

subtest 'unix sockets' => sub {
    my $path = work_dir . '/door.sock';
    passes("unix:$path", 'unix:' . work_dir . '/node.sock');
    ok(!-e $path, 'the socket is gone with smpplex');
};

subtest 'the socket of a smpplex that was killed does not hinder the next' => sub {
    my $path = work_dir . '/again.sock';
    my @args = ('--listen', "unix:$path", '--node', '1');
    my $first = start_plex(args => \@args);
    drop($first);
    ok(-e $path, 'it is left behind');
    my $second = start_plex(args => \@args);
    ok(Smpplex::Peer->connect("unix:$path"), 'the next one listens there');
    $second->is_good;
};

subtest 'out of descriptors: the listener waits and goes on' => sub {
    plan skip_all => 'valgrind keeps descriptors for itself' if $ENV{SMPPLEX_VALGRIND};
    my $sim = start_sim('a=0');
    my $limit = 40 + 3 * (($ENV{SMPPLEX_WORKERS} // 1) - 1);    # what a worker needs for itself
    my $plex = start_plex(shell => "ulimit -n $limit",
                          args => ['--listen', '127.0.0.1:0', '--node', $sim->addr('a')]);
    my $bound = Smpplex::Peer->bound($plex->addr, id => 'first');
    my @idle = map { Smpplex::Peer->connect($plex->addr) } 1 .. 60;
    eventually('it says so', sub { $plex->log_text =~ /cannot accept, waiting/ });
    $bound->send(submit_pdu(1));
    is($bound->read->{status}, 0, 'who is there is served');
    $_->close for splice @idle;
    my $late = Smpplex::Peer->connect($plex->addr);
    $late->send(bind_pdu('transceiver', 1));
    my $resp = $late->read(10);
    is($resp && $resp->{status}, 0, 'a new client is accepted when there are descriptors again');
    is($sim->stats('a')->{binds}, 2, 'and bound');
    $late->close;
    my @clients = map { my $c = Smpplex::Peer->connect($plex->addr);
                        $c->send(bind_pdu('transceiver', 1)); $c } 1 .. 30;
    # Those that are bound may have taken every descriptor: then the others wait for them to go.
    my (@there, %statuses);
    eventually('of more than there are descriptors for, each is answered', sub {
        my ($heard, @waiting);
        for my $client (@clients) {
            my $resp = $client->read(0.02);
            push @waiting, $client if !$resp;
            push @there, $client if $resp && $resp->{status} == 0;
            $heard = $statuses{$resp->{status}} = 1 if $resp;
        }
        $_->close for $heard ? () : splice @there;
        @clients = @waiting;
        return !@clients;
    }, 20);
    is_deeply([grep { $_ != 0 && $_ != status('RBINDFAIL') } keys %statuses], [],
              'bound, or told that this failed');
    $bound->send(submit_pdu(2));
    is($bound->read->{status}, 0, 'the first one is still served');
    $_->close for @there;
    eventually('and then there is room again', sub {
        eval { Smpplex::Peer->bound($plex->addr)->close; 1 };
    });
    $bound->close;
    $plex->is_good;
    drop($sim);
};

done_testing();
