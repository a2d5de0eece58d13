# SPDX-License-Identifier: ISC
#
# A raw client of HTTP: requests go out as they are given, responses come in with a
# deadline, and nothing is done by itself.
package Smpplex::Http;

use strict;
use warnings;
use Exporter qw(import);
use IO::Select;
use IO::Socket::IP;
use IO::Socket::UNIX;
use JSON::PP ();
use Time::HiRes qw(time);

use Smpplex::Peer;

our @EXPORT = qw(http http_get http_json);

# ADDR as a ready file has it.
sub connect {
    my ($class, $addr) = @_;
    my $socket;

    if ($addr =~ /^unix:(.*)/) {
        $socket = IO::Socket::UNIX->new(Peer => $1);
    } else {
        my ($host, $port) = $addr =~ /(.*):(\d+)$/;
        $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port);
    }
    die "connect $addr: $!" if !$socket;
    return bless {peer => Smpplex::Peer->wrap($socket)}, $class;
}

sub send { return $_[0]{peer}->send($_[1], $_[2] // 20) }

sub request {
    my ($self, $method, $path, %given) = @_;
    my %headers = (Host => 'localhost', %{$given{headers} // {}});

    $headers{'Content-Length'} = length $given{body} if defined $given{body};
    my $text = "$method $path HTTP/1.1\r\n"
        . join('', map { defined $headers{$_} ? "$_: $headers{$_}\r\n" : () } sort keys %headers);
    return $self->send("$text\r\n" . ($given{body} // ''));
}

# The next response as a hash of status, headers and body, or undef. `head`: it has no body.
sub response {
    my ($self, %given) = @_;
    my $peer = $self->{peer};
    my $until = time + ($given{seconds} // 10) * ($ENV{SMPPLEX_SLOW} // 4);
    my ($head, $length);

    for (;;) {
        if (!defined $head && $peer->{in} =~ s/\A(.*?\r\n)\r\n//s) {
            $head = $1;
            ($length) = $head =~ /^content-length:\s*(\d+)\r$/mi;
            $length = 0 if $given{head};
        }
        last if defined $head && length $peer->{in} >= $length;
        return if !$peer->fill($until);
    }
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+) };
    my %headers = map { lc } map { /^([^:]+):\s*(.*?)\s*$/ } split /\r\n/, $head =~ s/^[^\n]*\n//r;
    return {status => $status, head => $head, headers => \%headers,
            body => substr($peer->{in}, 0, $length, '')};
}

sub is_closed { return $_[0]{peer}->is_closed($_[1] // 5) }

sub close { return $_[0]{peer}->close }

# One request on a connection of its own.
sub http {
    my ($addr, $method, $path, %given) = @_;
    my $self = __PACKAGE__->connect($addr);

    $self->request($method, $path, %given);
    my $response = $self->response(head => $method eq 'HEAD');
    $self->close;
    return $response // {status => 0, headers => {}, body => ''};
}

sub http_get { return http($_[0], 'GET', $_[1]) }

# The body of a GET, decoded.
sub http_json {
    my ($addr, $path) = @_;
    my $response = http_get($addr, $path);

    die "$path: status $response->{status}" if $response->{status} != 200;
    return JSON::PP::decode_json($response->{body});
}

1;
