#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# How sessions, links and the program itself end, and how they stay when idle.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my @quick = (reconnect => '100ms', 'reconnect-max' => '300ms');

sub plex_for {
    my ($sim, $farm, $listener, %more) = @_;
    my @nodes = map { [$_, $sim->addr($_)] } grep { $_ ne 'control' } @{$sim->{names}};
    return start_plex(%more, conf => conf_text(farm => $farm, nodes => \@nodes,
                                               listener => $listener, top => $more{top}));
}

subtest 'a client\'s unbind is answered behind what is open' => sub {
    my $sim = start_sim('a=0,latency=300ms', 'b=0,latency=300ms');
    my $plex = plex_for($sim, {});
    my $client = Smpplex::Peer->bound($plex->addr);
    $client->send(join('', map { submit_pdu($_) } 1 .. 10) . pdu('unbind', 0, 11));
    my @got = map { $client->read } 1 .. 11;
    is_deeply([sort { $a <=> $b } map { $_->{number} } @got[0 .. 9]], [1 .. 10],
              'ten responses come first');
    is(scalar(grep { $_->{status} } @got), 0, 'all good');
    is($got[10]{command}, cmd('unbind_resp'), 'then the unbind_resp');
    ok($client->is_closed, 'and the end');
    eventually("$_ was unbound", sub { $sim->stats($_)->{unbinds} == 1 }) for qw(a b);
    $plex->is_good;
    drop($sim);
};

subtest 'a client that just closes: the links are unbound all the same' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for($sim, {});
    Smpplex::Peer->bound($plex->addr)->reset;
    eventually("$_ was unbound", sub { $sim->stats($_)->{unbinds} == 1 }) for qw(a b);
    eventually("$_ has no session", sub { !$sim->stats($_)->{sessions}{transceiver} }) for qw(a b);
    $plex->is_good;
    drop($sim);
};

subtest 'a node\'s unbind is answered, and the client hears nothing of it' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for($sim, {@quick});
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a unbind');
    eventually('answered', sub { $sim->stats('a')->{unbinds_answered} == 1 });
    eventually('bound again', sub { $sim->stats('a')->{sessions}{transceiver} == 1 });
    ok($client->silent(0.2), 'the client heard nothing');
    $client->send(join '', map { submit_pdu($_) } 1 .. 4);
    is(scalar(grep { $_->{status} == 0 } map { $client->read } 1 .. 4), 4, 'and goes on');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'SIGTERM under load: everything is answered, the clients are unbound' => sub {
    my $sim = start_sim(map { "$_=0,latency=exp:20ms" } qw(a b c));
    my $plex = plex_for($sim, {});
    my $load = start_load('-t', $plex->addr, '-c', 10, '-d', '60s', '-w', 20, '--any-status');
    my $client = Smpplex::Peer->bound($plex->addr);
    eventually('messages flow', sub { ($sim->shares->{a} // 0) > 300 });
    $plex->signal('TERM');
    my $unbind = $client->read(10);
    is($unbind && $unbind->{command}, cmd('unbind'), 'an idle client is unbound');
    $client->answer($unbind);
    ok($client->is_closed, 'and after its answer the connection closed');
    is($plex->wait_end(30), 0, 'the exit status is 0');
    my $report = $load->wait_report;
    all_answered_once($report, $sim);
    is_deeply([grep { $_ ne 'ESME_RTHROTTLED' } keys %{$report->{refused_status}}], [],
              'what came too late is told to come again');
    eventually("$_ has no session", sub { !$sim->stats($_)->{sessions}{transceiver} })
        for qw(a b c);
    like($plex->log_text, qr/ended\n\z/, 'it says that it has ended');
    $plex->is_good;
    drop($sim);
};

subtest 'SIGTERM with no node up: what is held is answered after queue-timeout' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim, {@quick, 'queue-timeout' => '4s', grace => '300s'});
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a refuse-port');
    $sim->control('a close');
    eventually('the node is lost', sub { $plex->counters->{links_lost} });
    $client->send(submit_pdu(1));
    eventually('the request is held', sub { $plex->counters->{held} });
    $plex->signal('TERM');
    my $resp = $client->read(5);
    is($resp && $resp->{status}, status('RTHROTTLED'), 'it is told to come again');
    my $unbind = $client->read(5);
    is($unbind && $unbind->{command}, cmd('unbind'), 'the client is unbound');
    $client->answer($unbind) if $unbind;
    $client->is_closed;
    is($plex->wait_end(5), 0, 'and smpplex ends');
    $plex->is_good;
    drop($sim);
};

subtest 'a second SIGTERM ends at once' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim, {});
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a hang-responses');
    $client->send(submit_pdu(1));
    $plex->signal('TERM');
    eventually('the first waits for the response', sub { $plex->log_text =~ /waiting for what/ });
    ok(!defined $plex->exited, 'it is still there');
    my $begin = time;
    is($plex->end('TERM'), 0, 'it ends with 0');
    within($begin, 1 * slow_machine(), 'at once');
    $plex->is_good;
    drop($sim);
};

subtest 'drain-timeout bounds the end' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim, {}, {}, top => {'drain-timeout' => '500ms'});
    my $client = Smpplex::Peer->bound($plex->addr);
    $sim->control('a hang-responses');
    $client->send(submit_pdu(1));
    eventually('the request is at the node', sub { $plex->counters->{requests_up} == 1 });
    is($plex->end('TERM', 5), 0, 'it ends');
    like($plex->log_text, qr/did not end in time/, 'and says so');
    $plex->is_good;
    drop($sim);
};

subtest 'SIGHUP opens the log file anew' => sub {
    my $sim = start_sim('a=0');
    my $path = work_dir . '/plex.log';
    my $plex = plex_for($sim, {}, {}, log => "file:$path");
    rename $path, "$path.1" or die $!;
    $plex->signal('HUP');
    eventually('a new file', sub { -s $path });
    Smpplex::Peer->bound($plex->addr)->close;
    eventually('has the new lines', sub { $plex->log_text =~ /c\d+ raw.*ended/ });
    ok(!(grep { /c\d+ raw/ } Smpplex::Test::slurp("$path.1")), 'the old one has none of them');
    $plex->is_good;
    drop($sim);
};

subtest 'idle sessions stay, both sides being asked' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for($sim, {'enquire-link' => '300ms', 'enquire-timeout' => '10s'},
                        {'enquire-link' => '300ms', 'enquire-timeout' => '10s'});
    my $client = Smpplex::Peer->bound($plex->addr);
    for my $round (1 .. 3) {
        my $asked = $client->read(5);
        is($asked && $asked->{command}, cmd('enquire_link'), "the client is asked: round $round");
        $client->answer($asked);
    }
    eventually("$_ is asked", sub { $sim->stats($_)->{enquire_links} >= 3 }) for qw(a b);
    my $counters = $plex->counters;
    is($counters->{links_lost}, 0, 'no link was lost');
    is($counters->{unexpected_responses}, 0, 'no answer was unexpected');
    is($counters->{sessions}, 1, 'the session is there');
    $client->send(submit_pdu(1));
    is($client->read_until('submit_sm_resp')->{status}, 0, 'and of use');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'a client that does not answer enquire_link is closed' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim, {}, {'enquire-link' => '300ms', 'enquire-timeout' => '300ms'});
    my $client = Smpplex::Peer->bound($plex->addr);
    ok($client->is_closed(3), 'closed');
    eventually('with its reason', sub { $plex->log_text =~ /reason="enquire_link unanswered"/ });
    eventually('its link is unbound', sub { $sim->stats('a')->{unbinds} == 1 });
    $plex->is_good;
    drop($sim);
};

subtest 'inactivity-timeout unbinds who sends and answers no message' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for($sim, {}, {'inactivity-timeout' => '3s'});
    my $idle = Smpplex::Peer->bound($plex->addr, id => 'idle');
    my $busy = Smpplex::Peer->bound($plex->addr, id => 'busy', type => 'receiver');
    my $until = time + 7;
    my ($unbound, $got) = (0, 0);
    while (time < $until) {
        $sim->control('a mo 1 busy');
        my $pdu = $busy->read or last;
        $unbound++ if $pdu->{command} == cmd('unbind');
        $got++ if $pdu->{command} == cmd('deliver_sm');
        $busy->answer($pdu, 0, "\0");
        sleep 0.1;
    }
    ok(!$unbound && $got > 3, "a receiver that answered $got messages stays");
    my $unbind = $idle->read(5);
    is($unbind && $unbind->{command}, cmd('unbind'), 'one that only looks on is unbound');
    $idle->answer($unbind) if $unbind;
    ok($idle->is_closed, 'and closed');
    eventually('with its reason', sub { $plex->log_text =~ /idle@.*reason="inactive"/ });
    $busy->close;
    $plex->is_good;
    drop($sim);
};

done_testing();
