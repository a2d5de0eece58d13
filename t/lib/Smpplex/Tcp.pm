# SPDX-License-Identifier: ISC
#
# Plain TCP for tests: a server with a process of its own for each connection, and a
# client's end of one. Nothing is waited for longer than a deadline.
package Smpplex::Tcp;

use strict;
use warnings;
use Digest::MD5;
use Errno qw(EAGAIN ECONNRESET EINTR);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER SO_RCVBUF);
use Time::HiRes qw(time);

my @servers;

sub deadline { return time + ($_[0] // 10) * ($ENV{SMPPLEX_SLOW} // 4) }

# --- a server

# `serve` is called with each connection, in a process of its own; what it returns is
# written, then the connection is closed. `port` or `addr` if it is to be a certain one.
sub start {
    my ($class, $serve, %given) = @_;
    my $addr = $given{addr} // '127.0.0.1:' . ($given{port} // 0);
    my $listen = IO::Socket::INET->new(Listen => $given{backlog} // 1024, ReuseAddr => 1, LocalAddr => $addr)
        or die "listen: $!";
    my $self = bless {host => $addr =~ s/:.*//r, port => $listen->sockport, owner => $$, serve => $serve}, $class;
    push @servers, $self;
    $self->{pid} = fork // die "fork: $!";
    return $self if $self->{pid};
    setpgrp 0, 0;
    $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
    $SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $socket = $listen->accept or next;
        my $pid = fork // POSIX::_exit(1);
        if ($pid == 0) {
            close $listen;
            my $peer = $class->wrap($socket);
            my $last = $serve->($peer);
            $peer->send($last) if defined $last;
            $peer->close;
            POSIX::_exit(0);
        }
        close $socket;
    }
}

# A port of 127.0.0.1 where nobody listens.
sub unused_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "listen: $!";
    return $socket->sockport;
}

# Where nobody listens, nor will anybody else: a port of 127.0.0.1 may be given to others.
sub unused_addr {
    my $host = sprintf '127.%d.%d.1', 64 + ($$ >> 8) % 128, $$ & 255;
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => $host) or die "listen: $!";
    return "$host:" . $socket->sockport;
}

sub addr { return "$_[0]{host}:$_[0]{port}" }

# Takes no more connections; those that are there go on.
sub stop_listening {
    my ($self) = @_;
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    $self->{is_dead} = 1;
    return;
}

# As by kill -9, all of it.
sub stop {
    my ($self) = @_;
    return if $$ != $self->{owner} || $self->{is_gone}++;
    kill 'KILL', -$self->{pid};
    waitpid $self->{pid}, 0 if !$self->{is_dead};
    return;
}

END { local ($?, $!); $_->stop for @servers }

# --- one end of a connection

sub wrap {
    my ($class, $socket) = @_;
    binmode $socket;
    $socket->blocking(0);
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    return bless {socket => $socket, in => ''}, $class;
}

# `from`: our own address; `rcvbuf`.
sub connect {
    my ($class, $addr, %given) = @_;
    my @options = $given{rcvbuf} ? (Sockopts => [[SOL_SOCKET, SO_RCVBUF, $given{rcvbuf}]]) : ();
    my $socket = IO::Socket::INET->new(PeerAddr => $addr, LocalAddr => $given{from}, @options)
        or die "connect $addr: $!";
    return $class->wrap($socket);
}

# All of it in time; false: the other side is gone, or doesn't read.
sub send {
    my ($self, $bytes, $seconds) = @_;
    my ($until, $at) = (deadline($seconds), 0);
    local $SIG{PIPE} = 'IGNORE';

    while ($at < length $bytes) {
        my $n = syswrite $self->{socket}, $bytes, length($bytes) - $at, $at;
        if (defined $n) {
            $at += $n;
        } elsif (($! != EAGAIN && $! != EINTR)
                 || !IO::Select->new($self->{socket})->can_write($until - time)) {
            return 0;
        }
    }
    return 1;
}

# Reads once into `in`; `over` is set to "end" or "reset" when nothing more can come.
sub fill {
    my ($self, $until) = @_;
    my $left = $until - time;

    return 0 if $self->{over}
        || !IO::Select->new($self->{socket})->can_read($left > 0 ? $left : 0);
    my $n = sysread $self->{socket}, $self->{in}, 1 << 18, length $self->{in};
    return 1 if $n || (!defined $n && ($! == EAGAIN || $! == EINTR));
    $self->{over} = defined $n ? 'end' : $! == ECONNRESET ? 'reset' : "$!";
    return 0;
}

# A line without its end, or n octets, or undef: they don't come.
sub line {
    my ($self, $seconds) = @_;
    my $until = deadline($seconds);
    while ($self->{in} !~ /\n/) { $self->fill($until) || (!$self->{over} && time < $until) || return }
    $self->{in} =~ s/^(.*?)\n// or return;
    return $1;
}

sub octets {
    my ($self, $n, $seconds) = @_;
    my $until = deadline($seconds);
    while (length $self->{in} < $n) { $self->fill($until) || return }
    return substr $self->{in}, 0, $n, '';
}

# All that comes until the other side ends; how it ended is in `over`, or that is undef.
sub rest {
    my ($self, $seconds) = @_;
    my $until = deadline($seconds);
    1 while $self->fill($until);
    return delete($self->{in}) . ($self->{in} = '');
}

# The same, but only its length and sum: "N MD5".
sub rest_sum {
    my ($self, $seconds) = @_;
    my ($until, $sum, $n) = (deadline($seconds // 60), Digest::MD5->new, 0);
    do {
        $n += length $self->{in};
        $sum->add($self->{in});
        $self->{in} = '';
    } while $self->fill($until);
    return "$n " . $sum->hexdigest;
}

# How it ends: "end", "reset", or "open" after that time.
sub how_ends {
    my ($self, $seconds) = @_;
    my $until = deadline($seconds // 5);
    1 while $self->fill($until);
    return $self->{over} // 'open';
}

sub is_open {
    my ($self) = @_;
    $self->fill(time);
    return !$self->{over};
}

sub end_side { shutdown $_[0]{socket}, 1; return $_[0] }

sub close { CORE::close $_[0]{socket}; return }

sub reset {
    my ($self) = @_;
    setsockopt $self->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    CORE::close $self->{socket};
    return;
}

# n megabytes that aren't all the same; returns their "N MD5". False: not all were taken.
sub send_megabytes {
    my ($self, $n, $seconds) = @_;
    my ($sum, $piece) = (Digest::MD5->new, join '', map { pack 'N', $_ * 2654435761 } 1 .. 1 << 16);
    for (1 .. $n * 4) {
        substr $piece, ($_ * 7919) % (1 << 18), 4, pack 'N', $_;
        $piece = substr $piece, 0, 1 << 18;
        $sum->add($piece);
        $self->send($piece, $seconds // 60) or return 0;
    }
    return ($n << 20) . ' ' . $sum->hexdigest;
}

1;
