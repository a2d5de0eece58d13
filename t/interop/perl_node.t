#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Net::SMPP as a node: two of them behind smpplex, smppload in front. A node
# writes a word into its log for each thing that happens to it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IO::Select;
use Socket qw(MSG_PEEK);
use Rig;
use Test::More;

my ($MESSAGES, $EVERY) = (2000, 10);     # a MO after every so many messages

BEGIN { needs('Net::SMPP', eval { require Net::SMPP }) }

# --- the node: one process, which never returns.
my $count = 0;

sub log_line { print "$_[0]\n"; return }

sub taken {
    my ($client, $pdu, $prefix) = @_;
    my $id = sprintf '%s%010d', $prefix, ++$count;
    log_line('taken');
    $client->submit_sm_resp(seq => $pdu->seq, message_id => $id);
    my %back = (async => 1, source_addr => $pdu->{destination_addr}, destination_addr => $pdu->{source_addr});
    if ($pdu->{registered_delivery} & 1) {
        $client->deliver_sm(%back, esm_class => 0x04, short_message =>
            "id:$id sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:");
    }
    if ($count % $EVERY == 0) {
        log_line('mo');
        $client->deliver_sm(%back, short_message => "MO $count");
    }
    return;
}

# One PDU of a client's; false: it has gone.
sub on_pdu {
    my ($client, $pdu, $prefix) = @_;
    my $name = $pdu->explain_cmd;
    return taken($client, $pdu, $prefix), 1 if $name eq 'submit_sm';
    log_line($pdu->status == 0 ? $name : "$name refused");
    if ($name eq 'bind_transceiver') {
        $client->bind_transceiver_resp(seq => $pdu->seq, system_id => 'perlnode');
    } elsif ($name eq 'enquire_link') {
        $client->enquire_link_resp(seq => $pdu->seq);
        $client->enquire_link(async => 1);
    } elsif ($name eq 'unbind') {
        $client->unbind_resp(seq => $pdu->seq);
        return 0;
    }
    return 1;
}

sub node {
    my ($listener, $prefix) = @_;
    my $select = IO::Select->new($listener);
    my %bound;
    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listener) {
                $select->add($listener->accept);
                next;
            }
            my $first = '';
            recv($socket, $first, 1, MSG_PEEK);
            my $is_probe = $first eq '' && !$bound{$socket};     # it says nothing and goes
            my $pdu = $is_probe ? undef : $socket->read_pdu;
            next if $pdu && on_pdu($socket, $pdu, $prefix) && ($bound{$socket} = 1);
            log_line('lost') unless $pdu || $is_probe;
            delete $bound{$socket};
            $select->remove($socket);
            close $socket;
        }
    }
    return;
}

# How often a word stands in the logs of the nodes.
sub happened {
    my ($word) = @_;
    return scalar grep { $_ eq $word } map { split /\n/, contents("node$_.log") } 1, 2;
}

# --- smppload, smpplex, two nodes.
my @nodes;
for my $n (1, 2) {
    my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34) or die "listen: $!\n";
    push @nodes, '127.0.0.1:' . $listener->sockport;
    run("node$n", sub { node($listener, $n) });
}
my ($plex, $listens) = plex(@nodes);
my ($status, $report) = load_report($listens, qw(-n), $MESSAGES, qw(-w 50 --connections 2 --receipts
    --id-check --linger 100ms --enquire-link 300ms --idle 3s));

is($status, 0, 'smppload is content');
is($report->{accepted}, $MESSAGES, 'all messages were accepted');
is($report->{receipts}{received}, $MESSAGES, 'each has its receipt');
is($report->{mo}, $MESSAGES / $EVERY, 'and each MO came');
is($report->{connections}{lost}, 0, 'no connection was lost');
is(happened('taken'), $MESSAGES, 'the nodes took each message once');
is(happened('deliver_sm_resp'), $MESSAGES + $MESSAGES / $EVERY, 'and have an answer to each delivery');
is(happened('bind_transceiver'), 4, 'each session was bound to each node');
cmp_ok(happened($_), '>=', 2 * 4, "idle over two rounds of enquire_link: $_")
    for qw(enquire_link enquire_link_resp);
ok(eventually(sub { happened('unbind') == 4 }), 'and unbound');
my %known = map { $_ => 1 } qw(taken mo bind_transceiver deliver_sm_resp enquire_link enquire_link_resp unbind);
for my $n (1, 2) {
    my @odd = grep { !$known{$_} } split /\n/, contents("node$n.log");
    is_deeply(\@odd, [], "node $n warns of nothing");
}
plex_ends($plex);
done_testing();
