#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Net::SMPP as a client of smpplex in front of three nodes: once as a
# transceiver, once as a transmitter and a receiver on two connections. It has
# no window of its own, so sending and reading are interleaved here by hand.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use IO::Select;
use Rig;
use Test::More;

my ($MESSAGES, $WINDOW, $MO) = (500, 20, 10);

BEGIN { needs('Net::SMPP', eval { require Net::SMPP }) }

my @warnings;
$SIG{__WARN__} = sub { push @warnings, @_ };

# A connection and what came over it: responses by their number, deliveries,
# the rounds of enquire_link of the other side.
sub bind_as {
    my ($how, $listens) = @_;
    my ($host, $port) = split /:/, $listens;
    my $constructor = "new_$how";
    my ($smpp, $answer) = Net::SMPP->$constructor($host, port => $port, async => 0,
        system_id => 'perl', password => 'secret', interface_version => 0x34, smpp_version => 0x34);
    is($answer && $answer->status, 0, "bound as $how") or return;
    return {smpp => $smpp, how => $how, answers => {}, deliveries => [], rounds => 0, open => 0};
}

# Reads one PDU if one comes within the time, and answers what wants an answer.
sub take {
    my ($client, $seconds) = @_;
    IO::Select->new($client->{smpp})->can_read($seconds) or return;
    my $pdu = $client->{smpp}->read_pdu or die "connection lost\n";
    if ($pdu->cmd & 0x80000000) {
        push @{$client->{answers}{$pdu->seq}}, $pdu;
        $client->{open}--;
    } elsif ($pdu->cmd == Net::SMPP::CMD_deliver_sm) {
        push @{$client->{deliveries}}, $pdu;
        $client->{smpp}->deliver_sm_resp(seq => $pdu->seq, message_id => '');
    } elsif ($pdu->cmd == Net::SMPP::CMD_enquire_link) {
        $client->{rounds}++;
        $client->{smpp}->enquire_link_resp(seq => $pdu->seq);
    } else {
        fail("$client->{how} is sent " . $pdu->explain_cmd);
    }
    return 1;
}

# Takes what comes until it is true.
sub take_until {
    my ($is_true, @clients) = @_;
    return eventually(sub {
        for my $client (@clients) { 1 while take($client, 0) }
        return $is_true->();
    });
}

# Sends messages, a window of them at a time, numbered from a number of our own.
sub send_all {
    my ($client, $first) = @_;
    my %sent;
    for my $i (1 .. $MESSAGES) {
        take($client, 5) or last while $client->{open} >= $WINDOW;
        my $number = $first + 3 * $i;
        my @common = (seq => $number, async => 1, destination_addr => sprintf('46700%06d', $i),
            source_addr => '12345', registered_delivery => 1);
        if ($i % 10 == 0) {
            $client->{smpp}->data_sm(@common, message_payload => "message $i");
        } else {
            $client->{smpp}->submit_sm(@common, short_message => "message $i");
        }
        $sent{$number} = $i % 10 == 0 ? Net::SMPP::CMD_data_sm_resp : Net::SMPP::CMD_submit_sm_resp;
        $client->{open}++;
    }
    return %sent;
}

sub ids { return map { $_->[0]{message_id} } values %{$_[0]->{answers}} }

sub answers_ok {
    my ($client, %sent) = @_;
    my $answers = $client->{answers};
    is_deeply([sort keys %$answers], [sort keys %sent], 'each number comes back');
    is(scalar(grep { @$_ != 1 } values %$answers), 0, 'once');
    is(scalar(grep { $answers->{$_}[0]->cmd != $sent{$_} } keys %$answers), 0, 'with its own command');
    is(scalar(grep { $_->[0]->status != 0 } values %$answers), 0, 'and ESME_ROK');
    my %different = map { $_ => 1 } ids($client);
    is(scalar(keys %different), $MESSAGES, 'each message has an id of its own');
    return;
}

sub deliveries_ok {
    my ($sender, $receiver) = @_;
    my @receipts = grep { $_->{esm_class} == 0x04 } @{$receiver->{deliveries}};
    my @of = map { $_->{short_message} =~ /^id:(\S+)/ } @receipts;
    is_deeply([sort @of], [sort(ids($sender))], 'each message has its receipt');
    my @mo = grep { $_->{esm_class} == 0 && $_->{short_message} =~ /^MO / } @{$receiver->{deliveries}};
    is(scalar(@mo), 3 * $MO, 'each MO came');
    is(scalar(@receipts) + @mo, scalar(@{$receiver->{deliveries}}), 'and nothing else');
    return;
}

# Both sides ask whether the other is there, twice.
sub idle_ok {
    my (@clients) = @_;
    $_->{rounds} = 0 for @clients;
    for my $client (@clients) {
        my @asked = map { $client->{smpp}->enquire_link(async => 1) } 1 .. 2;
        ok(take_until(sub { $client->{answers}{$asked[1]} }, $client), "$client->{how}: enquire_link is answered");
        is($client->{answers}{$_}[0]->cmd, Net::SMPP::CMD_enquire_link_resp, 'by its own number') for @asked;
    }
    ok(take_until(sub { !grep { $_->{rounds} < 2 } @clients }, @clients), 'smpplex asks each twice while it is idle');
    return;
}

sub unbind_ok {
    my ($client) = @_;
    my $answer = $client->{smpp}->unbind;
    is($answer && $answer->cmd, Net::SMPP::CMD_unbind_resp, "$client->{how}: unbound");
    is($client->{smpp}->sysread(my $rest, 1), 0, 'and then smpplex closes');
    return;
}

sub exchange_ok {
    my ($sender, $receiver, $first) = @_;
    my %sent = send_all($sender, $first);
    my %both = map { $_->{how} => $_ } $sender, $receiver;
    ok(take_until(sub { $sender->{open} == 0 }, values %both), 'all messages are answered');
    answers_ok($sender, %sent);
    control("n$_ mo $MO") for 1 .. 3;
    my $deliveries = $MESSAGES + 3 * $MO;
    ok(take_until(sub { @{$receiver->{deliveries}} >= $deliveries }, values %both), 'receipts and MO come');
    deliveries_ok($sender, $receiver);
    idle_ok(values %both);
    unbind_ok($_) for values %both;
    return;
}

sims(3, 'receipts=asked,receipt-delay=100ms');
my ($plex, $listens) = plex(map { sim_address("n$_") } 1 .. 3);

my $transceiver = bind_as('transceiver', $listens);
exchange_ok($transceiver, $transceiver, 0x7FFFFFFF - 4 * $MESSAGES);
ok(eventually(sub { total('unbinds') == 3 }), 'its links have unbound');

my $transmitter = bind_as('transmitter', $listens);
my $receiver = bind_as('receiver', $listens);
exchange_ok($transmitter, $receiver, 1000);
is(scalar(@{$transmitter->{deliveries}}), 0, 'the transmitter is sent nothing');
ok(eventually(sub { total('unbinds') == 9 }), 'their links have unbound');

cmp_ok(stats($_)->{taken}, '>', $MESSAGES / 2, "$_ took its share") for qw(n1 n2 n3);
is(total('receipts_answered'), 2 * $MESSAGES, 'the nodes have an answer to each receipt');
is_deeply(\@warnings, [], 'Net::SMPP warns of nothing');
plex_ends($plex);
done_testing();
