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

use Smpplex::Peer;
use Smpplex::Test;

my %tag = (a => 'a0', b => 'b0', c => 'c0', d => 'd0');
my @two = ('destination = "4670*" farm = side');

sub at { my ($where, $name) = @_; return $where->isa('Smpplex::Peer') ? $where->addr : $where->addr($name) }

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

sub reload {
    my ($plex, $text) = @_;
    my $said = qr/configuration (?:taken|refused)[^\n]*\n/;
    my $before = () = $plex->log_text =~ /$said/g;
    my @lines;

    $plex->write_conf($text);
    $plex->signal('HUP');
    wait_for(5, sub { (@lines = $plex->log_text =~ /($said)/g) > $before })
        or die 'smpplex does not say whether it takes the configuration';
    return $lines[-1];
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

done_testing;
