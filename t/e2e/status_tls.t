#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# TLS at the status endpoint: who is answered and who isn't, each with a line of its own in
# the log; new certificates come with a reload; and handshakes that come to nothing cost
# neither it nor the messages anything.
use strict;
use warnings;
use POSIX ();
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Certs;
use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my $ca = Smpplex::Certs->new(work_dir, 'ca');
my $other = Smpplex::Certs->new(work_dir, 'other');
my $cert = $ca->certificate('mon.test', san => 'DNS:mon.test,IP:127.0.0.1', days => 60);
my $own = $ca->certificate('operator');
my $foreign = $other->certificate('operator');
my $token = 'a-token-of-24-characters';
my $token_file = file(work_dir . '/token', "$token\n");
my $socket = work_dir . '/ctl.sock';

sub file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out;
    return $path;
}

# KEY => VALUE pairs as a status section with TLS.
sub status_text {
    my (%tls) = @_;
    return "status { address = \"127.0.0.1:0\" socket = \"$socket\" token-file = \"$token_file\" timeout = 3s\n"
        . 'tls { ' . join('', map { "$_ = \"$tls{$_}\" " } sort keys %tls) . "} }\n";
}

my @clients;    # of openssl, by process id

# An HTTP client whose octets openssl carries.
sub tls_client {
    my ($addr, @args) = @_;
    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<&', $theirs;
        open STDOUT, '>&', $theirs;
        open STDERR, '>', work_dir . '/s_client.err';
        close $ours;
        exec qw(openssl s_client -quiet -verify_return_error -connect), $addr, @args or POSIX::_exit(127);
    }
    close $theirs;
    push @clients, $pid;
    return bless {peer => Smpplex::Peer->wrap($ours)}, 'Smpplex::Http';
}

# The status of one request over TLS; 0: there was no answer.
sub ask {
    my ($addr, $method, $path, %given) = @_;
    my $http = tls_client($addr, '-CAfile', $given{ca} // $ca->ca, @{$given{args} // []});
    local $SIG{PIPE} = 'IGNORE';
    $http->request($method, $path, %given);
    my $response = $http->response;
    $http->close;
    kill 'TERM', $clients[-1];
    waitpid pop @clients, 0;
    return $response // {status => 0, headers => {}, body => ''};
}

my $sim = start_sim('a=0', 'b=0', {no_log => 1});
my $conf = conf_text(nodes => [map { [$_, $sim->addr($_)] } qw(a b)]);

sub endpoint { return start_plex(conf => $conf . status_text(certificate => $cert, @_)) }

subtest 'the same is told inside' => sub {
    my $plex = endpoint();
    my $addr = $plex->addr('status');
    like($plex->log_text, qr/listening address=\Q$addr\E tls=yes actions=by token/, 'the log says that it is TLS');
    is(ask($addr, 'GET', '/healthz')->{body}, "alive\n", 'by TLS it is alive');
    is(ask($addr, 'GET', '/healthz', args => ['-tls1_2'])->{status}, 200, 'by TLS 1.2, too');
    my $http = tls_client($addr, '-CAfile', $ca->ca);
    for my $path ('/', '/metrics', '/api/v1/status', '/nosuch') {
        $http->request('GET', $path);
        is($http->response->{status}, $path eq '/nosuch' ? 404 : 200, "$path, on the same connection");
    }
    $http->send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" x 50);
    is(scalar(grep { ($http->response // {status => 0})->{status} == 200 } 1 .. 50), 50, '50 at once');
    $http->close;
    is(ask($addr, 'POST', '/api/v1/reload')->{status}, 401, 'an action needs the token');
    is(ask($addr, 'POST', '/api/v1/reload', headers => {Authorization => "Bearer $token"})->{status}, 200,
       'and is done with it');
    is(http_get("unix:$socket", '/healthz')->{status}, 200, 'the socket stays plain');

    my $status = http_json("unix:$socket", '/api/v1/status')->{endpoint};
    ok($status->{tls}, 'status says that TLS is spoken');
    my ($expiry) = @{$status->{expiries}};
    is("$expiry->{what} $expiry->{file} $expiry->{subject}", "certificate $cert CN=mon.test", 'by which certificate');
    my ($ends) = http_get("unix:$socket", '/metrics')->{body} =~
        /^smpplex_tls_expiry_time_seconds\{kind="status",farm="",name="status",what="certificate"\} (\d+)$/m;
    cmp_ok(abs($ends - time - 60 * 86400), '<', 3600, 'metrics say when it expires');
    $plex->is_good;
};

subtest 'who is not answered' => sub {
    my $plex = endpoint();
    my $addr = $plex->addr('status');
    my $says = sub {
        my ($name, $pattern) = @_;
        eventually("$name: the log says so", sub { $plex->log_text =~ $pattern }) or diag($plex->log_text);
    };
    is(ask($addr, 'GET', '/healthz', ca => $other->ca)->{status}, 0, 'who does not know its CA goes');
    $says->('a client that refuses', qr/status 127\.\S+ no TLS reason="TLS: refused by the peer: /);
    is(ask($addr, 'GET', '/healthz', args => [qw(-tls1_1 -cipher ALL:@SECLEVEL=0)])->{status}, 0, 'TLS 1.1 is refused');
    $says->('TLS 1.1', qr/no TLS reason="TLS: protocol too old/);
    my $begun = time;
    is(http_get($addr, '/healthz')->{status}, 0, 'plain HTTP gets no answer');
    within($begun, 1 * slow_machine, 'at once');
    $says->('plain HTTP', qr/no TLS reason="TLS: plain text came, as of HTTP"/);
    my $peer = Smpplex::Peer->connect($addr);
    $peer->send(bind_pdu('transceiver', 1));
    ok($peer->is_closed, 'nor does SMPP');
    $says->('SMPP', qr/no TLS reason="TLS: plain SMPP came"/);
    $peer = Smpplex::Peer->connect($addr);
    $peer->send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    $begun = time;
    ok($peer->is_closed(5), 'half a handshake is given up');
    within($begun, 3 * slow_machine, 'after the timeout');
    $says->('half a handshake', qr/no TLS reason="the handshake did not end in time"/);
    cmp_ok(http_json("unix:$socket", '/api/v1/status')->{endpoint}{tls_failed}, '>=', 5, 'all are counted');
    is(ask($addr, 'GET', '/healthz')->{status}, 200, 'others are answered');
    $plex->is_good;

    $plex = endpoint('min-version' => '1.3');
    $addr = $plex->addr('status');
    is(ask($addr, 'GET', '/healthz', args => ['-tls1_2'])->{status}, 0, 'TLS 1.2, where 1.3 is asked for');
    is(ask($addr, 'GET', '/healthz')->{status}, 200, 'TLS 1.3');
    $plex->is_good;
};

subtest 'TLS where none is spoken' => sub {
    my $plain = start_plex(conf => $conf . "status { address = \"127.0.0.1:0\" }\n");
    my $begun = time;
    is(ask($plain->addr('status'), 'GET', '/healthz')->{status}, 0, 'gets nothing');
    my ($status, $said) = smpplexctl('-s', 'https://' . $plain->addr('status'), '--ca', $ca->ca, 'status');
    is($status, 3, 'smpplexctl: 3');
    like($said, qr/cannot reach smpplex .*TLS: /, 'and says why');
    within($begun, 3 * slow_machine, 'at once');
    like($plain->log_text, qr/refused status=400 path="" reason="TLS came, and HTTP is spoken here without"/,
         'the log says so');
    $plain->is_good;
};

subtest 'clients with certificates' => sub {
    my $plex = endpoint(verify => 'required', ca => $ca->ca);
    my $addr = $plex->addr('status');
    is(ask($addr, 'GET', '/healthz')->{status}, 0, 'none: not answered');
    eventually('the log says so', sub { $plex->log_text =~ /no TLS reason="TLS: [^"]*certificate/ }) or diag($plex->log_text);
    is(ask($addr, 'GET', '/healthz', args => ['-cert', $foreign])->{status}, 0, 'of another CA: not answered');
    is(ask($addr, 'GET', '/healthz', args => ['-cert', $own])->{status}, 200, 'a good one');
    is(ask($addr, 'POST', '/api/v1/reload', args => ['-cert', $own])->{status}, 401, 'is no token');
    is((smpplexctl('-s', "https://$addr", '--ca', $ca->ca, 'nodes'))[0], 3, 'smpplexctl without one');
    is((smpplexctl('-s', "https://$addr", '--ca', $ca->ca, '--cert', $own, 'nodes'))[0], 0, 'and with it');
    $plex->is_good;
};

subtest 'smpplexctl' => sub {
    my $plex = endpoint();
    my $addr = $plex->addr('status');
    my ($port) = $addr =~ /(\d+)$/;
    my @ca = ('--ca', $ca->ca);
    my ($status, $said) = smpplexctl('-s', "https://$addr", @ca, 'nodes');
    is($status, 0, 'it asks by TLS');
    like($said, qr/^\s*f\/a\b/m, 'and shows the answer');
    is((smpplexctl('-s', "https://$addr/", @ca, 'events'))[0], 0, 'a slash at the end does no harm');
    is((smpplexctl('-s', "https://$addr", @ca, '--token-file', $token_file, 'drain', 'f/a'))[0], 0, 'an order');
    is((smpplexctl('-s', "https://$addr", @ca, 'ready', 'f/a'))[0], 1, 'needs the token');
    is((smpplexctl('-s', $socket, 'ready', 'f/a'))[0], 0, 'the socket needs none');
    my $file = file(work_dir . '/self.pem', Smpplex::Certs::read_file($ca->self_signed('mon.test')));
    for my $case (["https://$addr", [], qr/TLS: .*(?:self-signed|issuer|unknown)/i, 'without its CA'],
                  ["https://$addr", ['--ca', $other->ca], qr/TLS: /, 'with another CA'],
                  ["https://localhost:$port", \@ca, qr/TLS: .*name|TLS: .*mismatch/i, 'by a name that is not in it'],
                  [$addr, [], qr/./, 'without TLS']) {
        my ($where, $args, $pattern, $name) = @$case;
        ($status, $said) = smpplexctl('-s', $where, @$args, 'nodes');
        is($status, 3, "$name: 3");
        like($said, qr/^smpplexctl: cannot reach smpplex at \Q$where\E: .*$pattern/, 'and why');
    }
    for my $args (['-s', $addr, @ca], ['-s', "https://$addr", '--ca', '/no/such'], ['-s', "https://$addr", '--cert', $file . 'x'],
                  ['-s', 'https://']) {
        is((smpplexctl(@$args, 'nodes'))[0], 2, "@$args: wrong usage");
    }
    $plex->is_good;
};

subtest 'a new certificate comes with a reload' => sub {
    my $file = file(work_dir . '/current.pem', Smpplex::Certs::read_file($cert));
    my $plex = start_plex(conf => $conf . status_text(certificate => $file));
    my $addr = $plex->addr('status');
    my $kept = tls_client($addr, '-CAfile', $ca->ca);
    $kept->request('GET', '/healthz');
    is($kept->response->{status}, 200, 'with the first one');
    file($file, Smpplex::Certs::read_file($ca->certificate('mon.test', file => 'next', san => 'IP:127.0.0.1',
                                                           days => 20)));
    is(http("unix:$socket", 'POST', '/api/v1/reload')->{status}, 200, 'reloaded');
    my $shown = `openssl s_client -connect $addr </dev/null 2>/dev/null | openssl x509 -noout -checkend 2592000`;
    like($shown, qr/will expire/, 'new connections get the next one');
    eventually('the log warns of its end', sub {
        $plex->log_text =~ /status: certificate expires soon file=\Q$file\E subject="CN=mon\.test" days=(?:19|20)/;
    }) or diag($plex->log_text);
    $kept->request('GET', '/healthz');
    is($kept->response->{status}, 200, 'those that are there go on');
    $kept->close;
    file($file, "garbage\n");
    my $refused = http("unix:$socket", 'POST', '/api/v1/reload');
    is($refused->{status}, 409, 'one that is none is refused');
    like($refused->{body}, qr/certificate = .*current\.pem/, 'and why is told');
    is(ask($addr, 'GET', '/healthz')->{status}, 200, 'what was there stays');
    $plex->write_conf($conf . "status { address = \"127.0.0.1:0\" socket = \"$socket\" token-file = \"$token_file\" timeout = 1s }\n");
    is(http("unix:$socket", 'POST', '/api/v1/reload')->{status}, 200, 'TLS may go');
    is(http_get($addr, '/healthz')->{status}, 200, 'then plain HTTP is answered');
    $plex->is_good;
};

# What a client says first.
sub client_hello {
    my $door = IO::Socket::IP->new(Listen => 1, LocalHost => '127.0.0.1', LocalPort => 0) or die $!;
    my $addr = '127.0.0.1:' . $door->sockport;
    my $client = tls_client($addr);
    my $peer = $door->accept;
    sysread $peer, my $hello, 4096;
    $client->close;
    return $hello;
}

subtest 'slow handshakes on many connections' => sub {
    my $plex = endpoint();
    my $addr = $plex->addr('status');
    my $hello = client_hello();
    cmp_ok(length $hello, '>', 100, 'what a client says first');
    ask($addr, 'GET', '/metrics');
    my $load = start_load('-t', $plex->addr('smpp'), '-c', 2, '-w', 10, '-r', 300, '-d', '300s');
    my $before = $plex->rss;
    my @slow;
    for my $i (1 .. 300) {
        my $http = eval { Smpplex::Http->connect($addr) } or next;
        $http->send($i % 2 ? $hello : substr $hello, 0, 20);
        push @slow, $http;
        is(ask($addr, 'GET', '/healthz')->{status}, 200, "$i slow ones: a quick one is answered") if $i % 60 == 0;
    }
    for my $round (1 .. 3) {
        for my $i (0 .. $#slow) { $slow[$i]{peer}{closed} || $slow[$i]->send(substr $hello, 20 + $round, 1) }
        is(ask($addr, 'GET', '/metrics')->{status}, 200, "round $round: answered");
    }
    my $open = () = glob "/proc/$plex->{pid}/fd/*";
    cmp_ok($open, '<', 130, "descriptors are bounded: $open");
    cmp_ok($plex->rss - $before, '<', 12288, 'as is memory: ' . ($plex->rss - $before) . ' KiB more') if !sanitized;
    my $report = $load->stop;
    is("$report->{accepted} $report->{unanswered}", "$report->{sent} 0", 'messages pass all the while');
    eventually('in the end all are closed', sub { !grep { !$_->is_closed(0.01) } @slow });
    $_->close for @slow;
    $plex->is_good;
};

for my $case (['certificate = "/no/such"', qr/certificate = .*No such file|certificate = .*no such file/i],
              ["certificate = \"$cert\" names = \"a = b\"", qr/names = .*no system_id/],
              ["certificate = \"$cert\" verify = required", qr/verify = required: it takes a ca/],
              ["certificate = \"$cert\" bogus = 1", qr/unknown keyword 'bogus'/]) {
    my ($text, $says) = @$case;
    my $path = file(work_dir . '/bad.conf', "$conf\nstatus {\naddress = \"127.0.0.1:0\"\ntls { $text }\n}\n");
    my $said = `$ENV{SMPPLEX_BIN}/smpplex -t -c $path 2>&1`;
    is($? >> 8, 2, "$text: exit status 2");
    like($said, $says, 'and why');
    like($said, qr/bad\.conf:\d+: /, 'with file and line');
}
my $path = file(work_dir . '/bad.conf', "$conf\nstatus {\nsocket = \"$socket\"\ntls { certificate = \"$cert\" }\n}\n");
like(`$ENV{SMPPLEX_BIN}/smpplex -t -c $path 2>&1`, qr/bad\.conf:\d+: tls is spoken at an address alone/,
     'TLS needs an address');

for my $pid (@clients) {
    kill 'TERM', $pid;
    waitpid $pid, 0;
}
done_testing;
