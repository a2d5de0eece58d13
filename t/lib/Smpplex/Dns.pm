# SPDX-License-Identifier: ISC
#
# A tiny name server on a UDP port of 127.0.0.1, for tests. It runs in a process
# of its own and answers by a file, read anew for each question, with lines of
#
#     NAME TYPE ADDRESS…      TYPE A or AAAA; no ADDRESS: the name has none
#     NAME fail               SERVFAIL
#     NAME silent             no answer
#
# All other names don't exist. What is asked goes into FILE.asked.
package Smpplex::Dns;

use strict;
use warnings;
use IO::Socket::INET;
use POSIX ();
use Socket qw(inet_aton inet_pton AF_INET6);

my %type = (1 => 'A', 28 => 'AAAA');

sub start {
    my ($class, $file) = @_;
    my $socket = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1') or die "udp: $!";
    my $self = bless {file => $file, owner => $$, addr => '127.0.0.1:' . $socket->sockport}, $class;

    $self->set;
    open my $asked, '>', "$file.asked" or die "$file.asked: $!";
    $self->{pid} = fork // die "fork: $!";
    if ($self->{pid} == 0) {
        $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
        while (defined(my $peer = $socket->recv(my $question, 1500))) {
            my $reply = $self->reply($question, $asked);
            $socket->send($reply, 0, $peer) if defined $reply;
        }
        POSIX::_exit(0);
    }
    return $self;
}

# From now on it answers so.
sub set {
    my ($self, @lines) = @_;
    open my $out, '>', "$self->{file}.new" or die "$self->{file}: $!";
    print $out map { "$_\n" } @lines;
    close $out;
    rename "$self->{file}.new", $self->{file} or die "$self->{file}: $!";
    return;
}

# How often a name has been asked for an A.
sub asked {
    my ($self, $name) = @_;
    open my $in, '<', "$self->{file}.asked" or return 0;
    return scalar grep { $_ eq "$name A\n" } <$in>;
}

sub rows {
    my ($self, $name) = @_;
    my %rows;
    open my $in, '<', $self->{file} or return;
    while (my $line = <$in>) {
        my ($of, $type, @rest) = split ' ', $line;
        $rows{$type} = \@rest if lc $of eq lc $name;
    }
    return \%rows;
}

sub reply {
    my ($self, $question, $asked) = @_;
    my ($id, undef, $count) = unpack 'nnn', $question;
    my ($at, @labels) = (12);
    while ((my $n = ord substr $question, $at, 1) > 0) {
        push @labels, substr $question, $at + 1, $n;
        $at += $n + 1;
    }
    my ($qtype) = unpack 'n', substr $question, $at + 1, 2;
    my ($name, $type) = (join('.', @labels), $type{$qtype} // '');
    my $rows = $self->rows($name);
    my @found = @{$rows->{$type} // []};

    syswrite $asked, "$name $type\n";
    return if $rows->{silent};
    my $code = $rows->{fail} ? 2 : %$rows ? 0 : 3;
    my $reply = pack('nnnnnn', $id, 0x8180 | $code, 1, scalar @found, 0, 0) . substr $question, 12, $at - 12 + 5;
    for my $address (@found) {
        my $data = $type eq 'A' ? inet_aton($address) : inet_pton(AF_INET6, $address);
        $reply .= pack('nnnNn/a', 0xC00C, $qtype, 1, 5, $data);
    }
    return $reply;
}

sub stop {
    my ($self) = @_;
    return if $$ != $self->{owner} || !$self->{pid};
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    $self->{pid} = 0;
    return;
}

sub DESTROY { local ($?, $!); $_[0]->stop; return }

1;
