# SPDX-License-Identifier: ISC
#
# A raw SMPP peer, client or server: octets go out as they are given, and PDUs
# come in with a deadline. It answers nothing by itself.
package Smpplex::Peer;

use strict;
use warnings;
use Errno qw(EAGAIN);
use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(IPPROTO_TCP MSG_PEEK TCP_NODELAY SOCK_STREAM SOL_SOCKET SO_RCVBUF SO_LINGER);
use Time::HiRes qw(time);

our @EXPORT = qw(pdu bind_pdu submit_pdu tlv cmd status read_all);

my %command = (
    generic_nack => 0x80000000, bind_receiver => 1, bind_transmitter => 2, query_sm => 3,
    submit_sm => 4, deliver_sm => 5, unbind => 6, replace_sm => 7, cancel_sm => 8,
    bind_transceiver => 9, outbind => 0xB, enquire_link => 0x15, submit_multi => 0x21,
    alert_notification => 0x102, data_sm => 0x103, broadcast_sm => 0x111,
);
my %status = (
    ROK => 0, RINVMSGLEN => 1, RINVCMDLEN => 2, RINVCMDID => 3, RINVBNDSTS => 4, RALYBND => 5,
    RSYSERR => 8, RBINDFAIL => 0xD, RINVPASWD => 0xE, RINVSYSID => 0xF, RMSGQFUL => 0x14,
    RTHROTTLED => 0x58, RX_T_APPN => 0x64,
);

# "submit_sm", "submit_sm_resp" or a number.
sub cmd {
    my ($name) = @_;
    return $name if $name =~ /^\d+$/;
    return $command{$name} // ($name =~ /(.*)_resp$/ && $command{$1} | 0x80000000)
        // die "no command $name";
}

sub status { return $_[0] =~ /^\d+$/ ? $_[0] : $status{$_[0]} // die "no status $_[0]" }

# The octets of a PDU.
sub pdu {
    my ($command, $status, $number, $body) = @_;
    $body //= '';
    return pack('NNNN', 16 + length $body, cmd($command), status($status), $number) . $body;
}

sub bind_pdu {
    my ($type, $number, $system_id, $password) = @_;
    return pdu("bind_$type", 0, $number,
               pack('Z*Z*Z*CCCZ*', $system_id // 'raw', $password // 'secret', '', 0x34, 0, 0, ''));
}

sub submit_pdu {
    my ($number, $text, $more) = @_;
    return pdu('submit_sm', 0, $number, message_body($text) . ($more // ''));
}

sub message_body {
    my ($text) = @_;
    return pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', '', 1, 1, 'raw', 1, 1, '46701', 0, 0, 0, '', '', 0, 0,
                0, 0, $text // 'hello');
}

sub tlv { return pack('nn/a', @_) }

# --- a connection

sub wrap {
    my ($class, $socket) = @_;
    binmode $socket;
    $socket->blocking(0);
    setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
    return bless {socket => $socket, in => ''}, $class;
}

# ADDR as a ready file has it. `rcvbuf`: octets, to stall early.
sub connect {
    my ($class, $addr, %given) = @_;
    my $socket;

    if ($addr =~ /^unix:(.*)/) {
        $socket = IO::Socket::UNIX->new(Peer => $1);
    } elsif ($addr =~ /^\[/) {
        require IO::Socket::IP;
        my ($host, $port) = $addr =~ /^\[(.*)\]:(\d+)$/;
        $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port);
    } else {
        my ($host, $port) = $addr =~ /(.*):(\d+)$/;
        my @options = $given{rcvbuf} ? (Sockopts => [[SOL_SOCKET, SO_RCVBUF, $given{rcvbuf}]]) : ();
        require IO::Socket::IP;
        $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, @options);
    }
    die "connect $addr: $!" if !$socket;
    return $class->wrap($socket);
}

# A port where nodes are played; ->accept gives a Peer.
sub listen {
    my ($class, $port) = @_;
    my $socket = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1', ReuseAddr => 1,
                                       LocalPort => $port // 0) or die "listen: $!";
    return bless {socket => $socket}, $class;
}

sub addr { return '127.0.0.1:' . $_[0]{socket}->sockport }

sub deadline { return time + ($_[0] // 5) * ($ENV{SMPPLEX_SLOW} // 4) }

sub accept {
    my ($self, $seconds) = @_;
    my $until = deadline($seconds);
    while (IO::Select->new($self->{socket})->can_read($until - time)) {
        my $socket = $self->{socket}->accept;
        IO::Select->new($socket)->can_read($until - time) or return;
        # A probe says nothing and goes.
        my $first = '';
        recv($socket, $first, 1, MSG_PEEK);
        return (ref $self)->wrap($socket) if length $first;
    }
    return;
}

# Takes a connection and its bind, and accepts it: a node as plain as can be.
sub accept_bind {
    my ($self, $body, $seconds) = @_;
    my $node = $self->accept($seconds) or return;
    my $bind = $node->read($seconds) or return;
    $node->send(pdu($bind->{command} | 0x80000000, 0, $bind->{number}, $body // "node\0"));
    $node->{bind} = $bind;
    return $node;
}

# A client that is bound: dies where it isn't.
sub bound {
    my ($class, $addr, %given) = @_;
    my $self = $class->connect($addr, %given);
    $self->send(bind_pdu($given{type} // 'transceiver', 1, $given{id}, $given{password}));
    my $resp = $self->read(10);
    die 'not bound: ' . ($resp ? "status $resp->{status}" : 'no answer')
        if !$resp || $resp->{status} != 0;
    $self->{bind_resp} = $resp;
    return $self;
}

# All octets, within the deadline. False: the peer is gone or doesn't read.
sub send {
    my ($self, $octets, $seconds) = @_;
    my $until = deadline($seconds);
    my $at = 0;
    local $SIG{PIPE} = 'IGNORE';

    while ($at < length $octets) {
        my $n = syswrite $self->{socket}, $octets, length($octets) - $at, $at;
        if (defined $n) {
            $at += $n;
        } elsif ($! != EAGAIN || !IO::Select->new($self->{socket})->can_write($until - time)) {
            return 0;
        }
    }
    return 1;
}

sub send_hex { return $_[0]->send(pack 'H*', $_[1] =~ s/\s//gr) }

# Reads once; false: nothing came by then. At the end `closed` is set.
sub fill {
    my ($self, $until) = @_;
    my $left = $until - time;

    return 0 if $self->{closed} || !IO::Select->new($self->{socket})->can_read($left > 0 ? $left : 0);
    my $n = sysread $self->{socket}, $self->{in}, 65536, length $self->{in};
    $self->{closed} = 1 if defined $n ? $n == 0 : $! != EAGAIN;
    return !$self->{closed};
}

# The next PDU as a hash of command, status, number, body and bytes, or undef.
sub read {
    my ($self, $seconds) = @_;
    return $self->read_by(deadline($seconds));
}

sub read_by {
    my ($self, $until) = @_;

    for (;;) {
        if (length $self->{in} >= 4) {
            my $length = unpack 'N', $self->{in};
            if (length $self->{in} >= $length) {
                my $bytes = substr $self->{in}, 0, $length, '';
                my ($l, $command, $status, $number) = unpack 'NNNN', $bytes;
                return {command => $command, status => $status, number => $number,
                        body => substr($bytes, 16), bytes => $bytes, at => time};
            }
        }
        return if !$self->fill($until);
    }
}

# Waits until n octets at least are in {in}.
sub octets {
    my ($self, $n, $seconds) = @_;
    my $until = deadline($seconds);

    1 while length $self->{in} < $n && $self->fill($until);
    return length $self->{in} >= $n;
}

# The next PDU of that name, over what isn't; undef.
sub read_until {
    my ($self, $name, $seconds) = @_;
    my $until = deadline($seconds);
    while (my $pdu = $self->read_by($until)) {
        return $pdu if $pdu->{command} == cmd($name);
    }
    return;
}

# Reads from several, whichever has something, until n PDUs have come in all: `each` gets each,
# and the place in the list of whom it came from. Returns how many came.
sub read_all {
    my ($peers, $n, $each, $seconds) = @_;
    my ($until, $got, $idle) = (deadline($seconds), 0);

    while ($got < $n && time < $until) {
        $idle = 1;
        for my $i (0 .. $#$peers) {
            while ($got < $n && (my $pdu = $peers->[$i]->read_by(0))) {
                $each->($pdu, $i);
                $got++;
                $idle = 0;
            }
        }
        select undef, undef, undef, 0.005 if $idle;
    }
    return $got;
}

# True if nothing comes for that many seconds.
sub silent {
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    return 0 if length $self->{in};
    $self->fill($until) while time < $until && !length $self->{in} && !$self->{closed};
    return !length $self->{in} && !$self->{closed};
}

# True once the other side has closed; what came before is kept.
sub is_closed {
    my ($self, $seconds) = @_;
    my $until = deadline($seconds);
    1 while !$self->{closed} && $self->fill($until);
    return $self->{closed} // 0;
}

sub answer {
    my ($self, $request, $status, $body) = @_;
    return $self->send(pdu($request->{command} | 0x80000000, $status // 0, $request->{number},
                           $body // ''));
}

sub close {
    my ($self) = @_;
    CORE::close $self->{socket};
    return;
}

sub reset {
    my ($self) = @_;
    setsockopt($self->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0));
    CORE::close $self->{socket};
    return;
}

1;
