#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Kannel in front of smpplex and three nodes: bearerbox binds as a transceiver,
# smsbox sends what it is given over HTTP, and hands receipts and MO to our
# little HTTP server.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use HTTP::Tiny;
use IO::Socket::INET;
use Rig;
use Test::More;

my ($SHORT, $LONG, $PARTS, $MO) = (300, 30, 3, 10);

my ($bearerbox) = grep { -x } '/usr/sbin/bearerbox', '/usr/bin/bearerbox';
my ($smsbox) = grep { -x } '/usr/sbin/smsbox', '/usr/bin/smsbox';
needs('kannel', $bearerbox && $smsbox);
my $http = HTTP::Tiny->new(timeout => 10);

# What Kannel tells the application: one line for each request, in told.txt.
sub serve {
    my ($socket) = @_;
    open my $told, '>>', "$dir/told.txt" or die "told.txt: $!\n";
    $told->autoflush(1);
    while (my $client = $socket->accept) {
        my ($request) = (<$client> // '') =~ /^GET (\S+)/;
        while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
        print $told "$request\n";
        print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
            . "Connection: close\r\n\r\n";
        close $client;
    }
    return;
}

sub told { my ($what) = @_; return grep { m{^/$what\?} } split /\n/, contents('told.txt') }

sub configuration {
    my ($listens, $told, %port) = @_;
    my ($host, $port) = split /:/, $listens;
    return <<"END";
group = core
admin-port = $port{admin}
admin-interface = 127.0.0.1
admin-password = kannel
smsbox-port = $port{smsbox}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = farm
host = $host
port = $port
transceiver-mode = 1
smsc-username = kannel
smsc-password = secret
system-type = ""
address-range = ""
max-pending-submits = 50
enquire-link-interval = 1
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $port{sendsms}
sendsms-interface = 127.0.0.1
global-sender = 12345

group = sendsms-user
username = tester
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
get-url = "http://127.0.0.1:$told/mo?from=%p&text=%a"
max-messages = 0
accept-x-kannel-headers = true
END
}

sub bearerbox_is {
    my ($state, $admin) = @_;
    my $said = $http->get("http://127.0.0.1:$admin/status.txt?password=kannel")->{content};
    return $said =~ /^\s*farm\b.*\($state/m;
}

sub send_messages {
    my ($sendsms, $told) = @_;
    my $accepted = 0;
    for my $i (1 .. $SHORT + $LONG) {
        my $text = $i > $SHORT ? "message-$i-" . 'x' x 380 : "message-$i";
        my %query = (
            username => 'tester', password => 'secret', from => '12345', text => $text,
            to => sprintf('467000%05d', $i), 'dlr-mask' => 31,
            'dlr-url' => "http://127.0.0.1:$told/dlr?message=$i&type=%d",
        );
        my $url = "http://127.0.0.1:$sendsms/cgi-bin/sendsms?" . $http->www_form_urlencode(\%query);
        $accepted++ if $http->get($url)->{status} == 202;
    }
    return $accepted;
}

my $server = IO::Socket::INET->new(Listen => 100, LocalAddr => '127.0.0.1', LocalPort => 0)
    or die "listen: $!\n";
my $told = $server->sockport;
run('told', sub { serve($server) });

sims(3, 'receipts=asked,receipt-delay=200ms,mo-long=30%', '--seed', 1);
control("n$_ refuse-port") for 1 .. 3;
my ($plex, $listens) = plex(map { sim_address("n$_") } 1 .. 3);
my %port;
@port{qw(admin smsbox sendsms)} = free_ports(3);
my $conf = write_file('kannel.conf', configuration($listens, $told, %port));

# --- no node is up: bearerbox tries again, and is bound as soon as they are.
my $box = run('bearerbox', $bearerbox, '-v', 0, $conf);
ok(eventually(sub { contents('smpplex.log') =~ /(?:ended reason="bind refused".*){2}/s }),
    'with no node up, bearerbox tries to bind again after a refusal');
control("n$_ listen") for 1 .. 3;
ok(eventually(sub { bearerbox_is('online', $port{admin}) }), 'bearerbox is bound once nodes are up');
my $sms = run('smsbox', $smsbox, '-v', 0, $conf);
ok(eventually(sub { contents('smsbox.log') =~ /Connected to bearerbox/ }), 'smsbox is connected');

# --- messages, some of them long, and their receipts.
is(send_messages($port{sendsms}, $told), $SHORT + $LONG, 'smsbox accepts all messages');
my $all = $SHORT + $LONG;
ok(eventually(sub { (grep { /type=1$/ } told('dlr')) >= $all }), 'receipts come back');
my (%of_type, %seen);
for (told('dlr')) {
    my ($message, $type) = /message=(\d+)&type=(\d+)$/ or next;
    $of_type{$type}++ unless $seen{"$message $type"}++;
}
is($of_type{8}, $all, 'each message was accepted by a node');
is($of_type{1}, $all, 'each message has its receipt of delivery');
is_deeply([grep { !/^[18]$/ } keys %of_type], [], 'and no other kind of receipt came');
is(total('taken'), $SHORT + $PARTS * $LONG, 'the nodes took all messages and parts');
cmp_ok(stats($_)->{taken}, '>', $all / 4, "$_ took its share") for qw(n1 n2 n3);

# --- MO, short and long: bearerbox puts the long ones together again.
control("n$_ mo $MO") for 1 .. 3;
ok(eventually(sub { told('mo') >= 3 * $MO }), 'MO come back');
my @short = grep { /text=MO\+\d+\+from\+n[123]$/ } told('mo');
my @whole = grep { /text=a{134}b{134}c{10}$/ } told('mo');
cmp_ok(scalar(@whole), '>', 0, 'some of them long, in one piece');
is(@short + @whole, 3 * $MO, 'and each MO once');
my $deliveries = @short + 3 * @whole;
ok(eventually(sub { total('mo_answered') == $deliveries }), 'the nodes have an answer to each');

# --- idle, then the end.
my $enquired = () = contents('bearerbox.log') =~ /Sending enquire link/g;
ok(eventually(sub { (() = contents('bearerbox.log') =~ /Sending enquire link/g) >= $enquired + 2 }),
    'bearerbox idles over two rounds of enquire_link');
is(() = contents('smpplex.log') =~ /bound as=/g, 1, 'in one session all along');
stop($sms);
is(stop($box), 0, 'bearerbox ends with exit status 0');
ok(eventually(sub { contents('smpplex.log') =~ /ended reason="unbound by client"/ }), 'and has unbound');
ok(eventually(sub { total('unbinds') == 3 }), 'so have the links of its session');

my $BAD = qr/\b(?:WARNING|ERROR|PANIC):/;
my @expected = (
    # the two refused binds of the beginning: a bind_resp that says no has no
    # body, which is right, and of which bearerbox remarks so
    qr/PDU NULL terminated string \(system_id\) has no NULL/,
    qr/rejected login to transmit, code 0x0000000d \(Bind Failed\)/,
    qr/Couldn't connect to SMS center \(retrying in 1 seconds\)/,
    # both boxes say at the end that they were told to end
    qr/Killing signal or HTTP admin command received/,
    qr/SIG(?:INT|TERM) received, aborting program/,
);
my $expected = join '|', @expected;
my @refusals = contents('bearerbox.log') =~ /rejected login/g;
my @refused = contents('smpplex.log') =~ /ended reason="bind refused"/g;
is(scalar(@refusals), scalar(@refused), 'and bearerbox saw no bind refused but those');
clean_log_ok($_, $BAD, $expected) for qw(bearerbox smsbox);
plex_ends($plex);
done_testing();
