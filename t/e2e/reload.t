#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# SIGHUP takes a changed configuration under sessions that stay bound, whole or
# not at all: no request is lost by it, and no long message is torn.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Test;

my %tag = (a => 'a0', b => 'b0', c => 'c0', d => 'd0');

# node($peer or $sim, 'a', weight => 2): what conf_text takes.
sub node {
    my ($at, $name, %keys) = @_;
    my $addr = $at->isa('Smpplex::Peer') ? $at->addr : $at->addr($name);
    return [$name, $addr, tag => $tag{$name}, %keys];
}

# The nodes that have taken the next messages, by name.
sub spread {
    my ($client, $sim, $count) = @_;
    my $before = $sim->shares;

    $client->send(join '', map { submit_pdu($_) } 100 .. 99 + $count);
    $client->read_until('submit_sm_resp') or return {} for 1 .. $count;
    my $after = $sim->shares;
    return {map { $_ => $after->{$_} - ($before->{$_} // 0) }
            grep { $after->{$_} > ($before->{$_} // 0) } keys %$after};
}

# A part of a long message.
sub part_pdu {
    my ($number, $reference, $total, $part) = @_;
    return pdu('submit_sm', 0, $number,
               pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', '', 1, 1, 'raw', 1, 1, '46701', 0x40, 0, 0, '', '',
                    0, 0, 0, 0, pack('C6a*', 5, 0, 3, $reference, $total, $part, 'x')));
}

subtest 'weights: the next messages go by the new ones' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = start_plex(conf => conf_text(nodes => [node($sim, 'a'), node($sim, 'b')]));
    my $client = Smpplex::Peer->bound($plex->addr);
    is_deeply(spread($client, $sim, 40), {a => 20, b => 20}, 'evenly at first');
    like(reload($plex, conf_text(nodes => [node($sim, 'a', weight => 3), node($sim, 'b')])),
         qr/taken/, 'taken');
    is_deeply(spread($client, $sim, 40), {a => 30, b => 10}, 'three to one');
    reload($plex, conf_text(nodes => [node($sim, 'b', weight => 3), node($sim, 'a')]));
    is_deeply(spread($client, $sim, 40), {a => 10, b => 30}, 'their order in the file is all one');
    reload($plex, conf_text(nodes => [node($sim, 'a', weight => 0), node($sim, 'b')]));
    is_deeply(spread($client, $sim, 40), {b => 40}, 'none to a node of weight 0');
    is($plex->counters->{links_bound}, 2, 'its link stays');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a node added is bound for the sessions that are there' => sub {
    my $sim = start_sim('a=0', 'b=0', 'c=0', 'd=0');
    my $plex = start_plex(conf => conf_text(nodes => [node($sim, 'c')]));
    my @clients = map { Smpplex::Peer->bound($plex->addr, id => "x$_") } 1 .. 3;
    reload($plex, conf_text(nodes => [map { node($sim, $_) } qw(a b c d)]));
    eventually('bound', sub { $plex->counters->{links_bound} == 12 });
    is_deeply(spread($_, $sim, 40), {map { $_ => 10 } qw(a b c d)}, 'all get their share')
        for @clients;
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

subtest 'a node removed: long messages that it has begun end there' => sub {
    my ($here, $there) = map { Smpplex::Peer->listen } 1 .. 2;
    my %farm = ('concat-ttl' => '5s');
    my $plex = start_plex(conf => conf_text(farm => \%farm, nodes => [node($here, 'a')]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my $a = $here->accept_bind;
    is($client->read->{status}, 0, 'the session is bound');
    $client->send(part_pdu(2, 1, 3, 1));
    $a->answer($a->read, 0, "1\0");
    is($client->read->{body}, "a01\0", 'a has begun a long message');
    reload($plex, conf_text(farm => \%farm, nodes => [node($there, 'b')]));
    my $b = $there->accept_bind;
    eventually('b is bound', sub { $plex->counters->{links_bound} == 2 });
    $client->send(part_pdu(3, 1, 3, 2) . submit_pdu(4));
    my ($part, $single) = ($a->read, $b->read);
    ok($part && $part->{command} == cmd('submit_sm'), 'its next part goes there');
    ok($single && $single->{command} == cmd('submit_sm'), 'a new message to the other');
    $a->answer($part, 0, "2\0");
    $b->answer($single, 0, "1\0");
    is_deeply([sort map { $client->read->{body} } 1 .. 2], ["a02\0", "b01\0"], 'both are answered');
    $a->send(pdu('deliver_sm', 0, 9, Smpplex::Peer::message_body('mo')));
    my $mo = $client->read;
    ok($mo && $mo->{command} == cmd('deliver_sm'), 'what it brings still reaches the client');
    $client->answer($mo, 0, "\0");
    is($a->read_until('deliver_sm_resp')->{status}, 0, 'and is answered');
    my $unbind = $a->read(10);
    is($unbind && $unbind->{command}, cmd('unbind'), 'after concat-ttl it is unbound');
    $a->answer($unbind);
    ok($a->is_closed, 'and closed');
    $client->send(part_pdu(5, 1, 3, 3));
    my $last = $b->read;
    ok($last && $last->{command} == cmd('submit_sm'), 'a part that comes after that goes on');
    $b->answer($last, 0, "2\0");
    is($client->read->{status}, 0, 'and is answered');
    $client->close;
    $plex->is_good;
};

subtest 'removed before it has answered the bind: unbound nevertheless' => sub {
    my ($here, $there) = map { Smpplex::Peer->listen } 1 .. 2;
    my %farm = ('concat-ttl' => '1s', 'connect-timeout' => '1h', 'bind-gather' => '100ms');
    my @b = (node($there, 'b'));
    my $plex = start_plex(conf => conf_text(farm => \%farm, nodes => [node($here, 'a'), @b]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my $b = $there->accept_bind;
    my $a = $here->accept;
    my $bind = $a->read;
    is($client->read->{status}, 0, 'the session is bound');
    reload($plex, conf_text(farm => \%farm, nodes => \@b));
    ok($a->silent(1.5), 'concat-ttl is over');
    $a->answer($bind, 0, "a\0");
    my $unbind = $a->read(10);
    is($unbind && $unbind->{command}, cmd('unbind'), 'it is unbound');
    $client->close;
    $plex->is_good;
};

# A second session of the account, which the node refuses, has parts that wait for it.
subtest 'removed while parts wait for it: they go elsewhere, together' => sub {
    my %at = map { $_ => Smpplex::Peer->listen } qw(a b c);
    my %farm = ('queue-timeout' => '4s', 'concat-place' => 'hash');
    my @others = map { node($at{$_}, $_, weight => 1) } qw(b c);
    my $plex = start_plex(conf => conf_text(farm => \%farm,
                                            nodes => [node($at{a}, 'a', weight => 256), @others]));
    my (@clients, %link);
    for my $i (0, 1) {
        $clients[$i] = Smpplex::Peer->connect($plex->addr);
        $clients[$i]->send(bind_pdu('transceiver', 1, 'acme'));
        $link{$_}[$i] = $at{$_}->accept_bind for qw(b c);
        my $a = $link{a}[$i] = $at{a}->accept;
        $a->answer($a->read, $i == 0 ? 'ROK' : 'RALYBND', "a\0");
        is($clients[$i]->read->{status}, 0, "session $i is bound");
    }
    my $reference = 0;
    my $first;
    while (!$first && $reference < 100) {
        $clients[0]->send(part_pdu(2, ++$reference, 9, 1));
        wait_for(5, sub {
            for my $name (qw(a b c)) {
                $link{$name}[0]->fill(time) || length $link{$name}[0]{in} or next;
                my $part = $link{$name}[0]->read;
                $link{$name}[0]->answer($part, 0, "1\0");
                $first = $part if $name eq 'a';
                return 1;
            }
        });
        $clients[0]->read;
    }
    ok($first, 'a long message begins at a');
    $clients[1]->send(join '', map { part_pdu($_, $reference, 9, $_) } 2 .. 9);
    eventually('its other parts wait', sub { $plex->counters->{waited} == 8 });
    reload($plex, conf_text(farm => \%farm, nodes => \@others));
    my %n = (b => 0, c => 0);
    wait_for(10, sub {
        for my $name (qw(b c)) {
            my $link = $link{$name}[1];
            while ($link->fill(time) || length $link->{in}) {
                $link->answer($link->read, 0, "1\0");
                $n{$name}++;
            }
        }
        return $n{b} + $n{c} >= 8;
    });
    is_deeply([sort values %n], [0, 8], 'all of them go to one node');
    is(scalar(grep { my $resp = $clients[1]->read; $resp && $resp->{status} == 0 } 2 .. 9), 8,
       'and are answered');
    $_->close for @clients;
    $plex->is_good;
};

subtest 'another address is another node; back again, it is the old one' => sub {
    my @sims = (start_sim('a=0'), start_sim('a=0'));
    my %farm = ('concat-ttl' => '1s');
    my @conf = map { conf_text(farm => \%farm, nodes => [node($_, 'a')]) } @sims;
    my $plex = start_plex(conf => $conf[0]);
    my $client = Smpplex::Peer->bound($plex->addr);
    for my $round (1 .. 5) {
        my $to = $round % 2;
        reload($plex, $conf[$to]);
        eventually('bound', sub { $sims[$to]->stats('a')->{sessions}{transceiver} == 1 });
        eventually('the other is left',
                   sub { !$sims[1 - $to]->stats('a')->{sessions}{transceiver} }) if $round > 2;
        is_deeply(spread($client, $sims[$to], 5), {a => 5}, "round $round: messages go there");
    }
    $client->close;
    $plex->is_good;
    drop(@sims);
};

subtest 'a file with a mistake changes nothing, and the log says why' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my @nodes = map { node($sim, $_) } qw(a b);
    my $good = conf_text(nodes => \@nodes);
    my $plex = start_plex(conf => $good);
    my $client = Smpplex::Peer->bound($plex->addr);
    my @bad = (
        ['', qr/there is no/], ['farm f {', qr/plex\d+\.conf:\d+/],
        [$good =~ s/smpp/smpps/r, qr/listener 'smpp' can't be removed/],
        [$good =~ s/farm f/farm g/r, qr/farm 'f' can't be removed/],
        ["$good listener two { address = \"127.0.0.1:0\" }", qr/listener 'two' can't be added/],
        ["farm g { node z { address = 1 } }\n" . $good =~ s/(listener.*)\}/$1 farm = f }/sr,
         qr/farm 'g' can't be added/],
        [$good =~ s/127.0.0.1:0/127.0.0.2:0/r, qr/can't change its address/],
        [conf_text(nodes => [node($sim, 'a', weight => 257), $nodes[1]]), qr/weight/],
        [conf_text(nodes => \@nodes, farm => {'concat-max' => 7}), qr/can't change its concat-max/],
        [conf_text(nodes => [node($sim, 'a', tag => 'zz'), $nodes[1]]),
         qr/node 'a' would change its tag from a0 to zz/],
    );
    for my $bad (@bad) {
        my $said = reload($plex, $bad->[0]);
        like($said, qr/refused, the old one stays/, 'refused');
        like($said, $bad->[1], 'with its reason');
    }
    is_deeply(spread($client, $sim, 40), {a => 20, b => 20}, 'all is as it was');
    like(reload($plex, conf_text(nodes => [$nodes[1], node($sim, 'a', weight => 0)])), qr/taken/,
         'a good one is taken after that');
    is_deeply(spread($client, $sim, 40), {b => 40}, 'and holds');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'under load: nothing is lost, and no long message is torn' => sub {
    my @names = qw(a b c d);
    my $sim = start_sim(map { "$_=0,latency=exp:5ms" } @names);
    my %farm = ('concat-ttl' => '20s', window => 50);
    my $conf = sub {
        my (%weight) = @_;
        return conf_text(farm => \%farm, nodes => [map { node($sim, $_, weight => $weight{$_}) }
                                                   grep { defined $weight{$_} } reverse @names]);
    };
    my $plex = start_plex(conf => $conf->(map { $_ => 1 } @names));
    my $load = start_load('-t', $plex->addr, '-c', 8, '-a', 2, '-n', 20000, '-r', 2500,
                          '--long', 60, '--concat', 'mix', '--parts-over', 'several', '--shuffle',
                          '--timeout', '60s');
    my @weights = ({a => 0, b => 1, c => 1, d => 1}, {a => 1, b => 3, c => 2}, {b => 1, d => 1},
                   {a => 1, b => 1, c => 1, d => 2}, {a => 1}, {a => 1, b => 1, c => 1, d => 1});
    for my $i (0 .. 60) {
        reload($plex, $conf->(%{$weights[$i % @weights]}));
        sleep 0.1;
        last if defined $load->exited;
    }
    my $report = $load->wait_report(120);
    is($report->{accepted}, 20000, 'every message is accepted');
    is($report->{unanswered} + $report->{duplicate_responses} + $report->{unexpected_responses}, 0,
       'each has one response');
    my (%node, %torn);
    for my $message (grep { $_->[8] > 1 } $sim->messages) {
        my $set = join '|', @$message[1, 2, 3, 6, 7, 8];
        $torn{$set} = 1 if ($node{$set} //= $message->[0]) ne $message->[0];
    }
    cmp_ok(scalar(keys %node), '>', 1000, 'there were long messages');
    is(scalar(keys %torn), 0, 'each at one node');
    my $counters = $plex->counters;
    is($counters->{sessions_bound}, 8, 'no session has ended');
    is($counters->{sets_moved}, 0, 'none was moved');
    $plex->is_good;
    like($plex->log_text, qr/linksets=0 memory=0/, 'no memory is left behind');
    drop($sim);
};

done_testing;
