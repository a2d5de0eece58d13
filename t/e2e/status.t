#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The status endpoint as a server of HTTP: what it answers to good, bad, slow and foreign
# requests, and that none of them costs it more than it has to give.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;

my $token = 'a-token-of-24-characters';
my $token_file = work_dir . '/token';
my $socket = work_dir . '/ctl.sock';

sub file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out;
    return $path;
}

sub status_text {
    my (%given) = @_;
    my %keys = (address => '127.0.0.1:0', socket => $socket, 'token-file' => $token_file,
                hosts => 'mon.example other', timeout => '3s', %given);
    return "status {\n" . join('', map { "    $_ = \"$keys{$_}\"\n" } sort keys %keys) . "}\n";
}

file($token_file, "$token\n");
my $sim = start_sim('a=0', 'b=0', {no_log => 1});
my $conf = conf_text(nodes => [map { [$_, $sim->addr($_)] } qw(a b)]);
my $plex = start_plex(conf => $conf . status_text());
my $addr = $plex->addr('status');
like($plex->log_text, qr/listening socket=\Q$socket\E actions=yes/, 'the log names the socket');

sub bearer { return (Authorization => "Bearer $_[0]") }

# Sends octets on a connection of its own; the status of the answer, and whether it is closed.
sub raw {
    my ($octets, $seconds) = @_;
    my $http = Smpplex::Http->connect($addr);
    $http->send($octets);
    my $response = $http->response(seconds => $seconds // 5);
    my $closed = $http->is_closed;
    $http->close;
    return ($response ? $response->{status} : 'none') . ($closed ? ' closed' : '');
}

subtest 'connections are kept' => sub {
    my $http = Smpplex::Http->connect($addr);
    for my $i (1 .. 3) {
        $http->request('GET', '/healthz');
        is($http->response->{body}, "alive\n", "request $i of one connection");
    }
    $http->request('HEAD', '/api/v1/nodes');
    my $head = $http->response(head => 1);
    is($head->{status}, 200, 'HEAD is answered');
    cmp_ok($head->{headers}{'content-length'}, '>', 100, 'with the length of the body');
    $http->request('GET', '/readyz');
    is($http->response->{body}, "ready\n", 'which does not come');
    $http->request('GET', '/nosuch');
    is($http->response->{status}, 404, 'a 404 ends nothing');
    $http->request('GET', '/healthz', headers => {Connection => 'close'});
    is($http->response->{headers}{connection}, 'close', 'Connection: close is heard');
    ok($http->is_closed, 'and done');
    is(raw("GET /healthz HTTP/1.0\r\n\r\n"), '200 closed', 'HTTP/1.0');
    $http->close;
};

subtest 'pipelined requests are answered in order' => sub {
    my $http = Smpplex::Http->connect($addr);
    my @paths = map { ("/api/v1/events?after=$_", '/healthz', '/nosuch', '/api/v1/sessions') } 1 .. 50;
    $http->send(join '', map { "GET $_ HTTP/1.1\r\nHost: a.b\r\n\r\n" =~ s/a\.b/127.0.0.1/r } @paths);
    my @got = map { $http->response } @paths;
    is(join(' ', map { $_->{status} } @got), join(' ', map { m{nosuch} ? 404 : 200 } @paths),
       scalar(@paths) . ' requests, all answered');
    ok(!(grep { $paths[$_] eq '/healthz' && $got[$_]{body} ne "alive\n" } 0 .. $#paths), 'in order');
    $http->close;
};

subtest 'octet by octet, and halves' => sub {
    my $http = Smpplex::Http->connect($addr);
    for my $octet (split //, "GET /healthz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n") {
        $http->send($octet);
        sleep 0.001;
    }
    is($http->response->{status}, 200, 'one octet at a time');
    $http->close;
    for my $half ("GET /heal", "POST /api/v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{") {
        my $begun = time;
        is(raw($half), '408 closed', 'half a request is given up');
        within($begun, 3 * slow_machine, 'after the timeout');
    }
    my $silent = Smpplex::Http->connect($addr);
    ok($silent->is_closed(5), 'who says nothing is closed');
    is($silent->{peer}{in}, '', 'without a word');
};

subtest 'what cannot be read' => sub {
    my $host = "Host: localhost\r\n";
    my %expected = (
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" => '400 closed',
        bind_pdu('transceiver', 1) => '400 closed',
        "garbage\r\n\r\n" => '400 closed',
        "GET / HTTP/1.1\r\n\r\n" => '400 closed',
        "GET / HTTP/3.1\r\n$host\r\n" => '505 closed',
        "GET / HTTP/1.1\r\n${host}Host: other\r\n\r\n" => '400 closed',
        'GET /' . 'x' x 3000 . " HTTP/1.1\r\n$host\r\n" => '414 closed',
        "GET / HTTP/1.1\r\n${host}X: " . 'x' x 20000 . "\r\n\r\n" => '431 closed',
        "GET / HTTP/1.1\r\n$host" . "a: b\r\n" x 5000 . "\r\n" => '431 closed',
        "POST /api/v1/reload HTTP/1.1\r\n${host}Content-Length: 100000\r\n\r\n" => '413 closed',
    );
    is(raw($_), $expected{$_}, substr($_, 0, 40) =~ s/[^ -~]+/./gr) for sort keys %expected;
    my $refused = 0;
    for my $seed (1 .. 200) {
        srand $seed;
        my $http = Smpplex::Http->connect($addr);
        $http->send(join '', map { chr int rand 256 } 1 .. 1 + rand 300);
        $http->send("\r\n\r\n");
        my $response = $http->response(seconds => 2);
        $refused++ if $response && $response->{status} == 400;
        $http->close;
    }
    is($refused, 200, '200 times garbage: 400');
};

subtest 'methods and places' => sub {
    my $is = sub {
        my ($method, $path, $status, $allow) = @_;
        my $response = http($addr, $method, $path);
        is($response->{status}, $status, "$method $path");
        is($response->{headers}{allow}, $allow, "allows $allow") if $allow;
    };
    $is->('GET', '/no/such', 404);
    $is->('POST', '/no/such', 404);
    $is->('GET', '/api/v1/nodes/f/a', 404);
    $is->('POST', '/api/v1/nodes/f/a/explode', 404);
    $is->('POST', '/metrics', 405, 'get, head');
    $is->('DELETE', '/api/v1/nodes', 405, 'get, head');
    $is->('OPTIONS', '/metrics', 405, 'get, head');
    $is->('GET', '/api/v1/reload', 405, 'post');
    $is->('PUT', '/api/v1/nodes/f/a/drain', 405, 'post');
    $is->('GET', '/api/v1/sessions?limit=501', 400);
    $is->('GET', '/api/v1/sessions?limit=-1', 400);
    $is->('GET', '/api/v1/sessions?offset=x', 400);
    $is->('GET', '/api/v1/events?after=x', 400);
    $is->('GET', '/api/v1/sessions?system_id=' . 'x' x 64, 400);
    $is->('GET', '/api/v1/nodes?farm=%00', 400);
    $is->('GET', '/api/v1/sessions?system_id=limited', 200);
    $is->('GET', '/api/v1/nodes?farm=offset', 200);
};

subtest 'who may ask, and who may act' => sub {
    my $reloads = () = $plex->log_text =~ /notice  configuration taken/g;
    my $post = sub {
        my ($status, $why, %headers) = @_;
        my $response = http($addr, 'POST', '/api/v1/reload', headers => \%headers);
        is($response->{status}, $status, $why);
        return $response;
    };
    for my $host ('localhost', 'LOCALHOST:80', '127.0.0.1', '[::1]:8080', '192.0.2.1:1', 'mon.example',
                  'other:8080') {
        is(http($addr, 'GET', '/healthz', headers => {Host => $host})->{status}, 200, "Host: $host");
    }
    for my $host ('evil.example', 'mon.example.evil', '', 'localhost.evil', '127.0.0.1.evil.example', 'a b',
                  '[::1', 'localhost:80:90') {
        is(http($addr, 'GET', '/api/v1/nodes', headers => {Host => $host})->{status}, 403, "Host: $host");
    }
    $post->(401, 'no token');
    $post->(401, 'a wrong token', bearer('b-token-of-24-characters'));
    $post->(401, 'a part of the token', bearer('a-token-of-24-character'));
    $post->(401, 'more than the token', bearer("$token."));
    $post->(401, 'another scheme', Authorization => "Basic $token");
    $post->(403, 'a foreign Origin', bearer($token), Origin => 'http://evil.example');
    $post->(403, 'the Origin of a file', bearer($token), Origin => 'null');
    $post->(403, 'a foreign Host', bearer($token), Host => 'evil.example', Origin => 'http://evil.example');
    is((() = $plex->log_text =~ /notice  configuration taken/g), $reloads, 'nothing was done');
    like($plex->log_text, qr/not allowed status=401 path="\/api\/v1\/reload" reason="a bearer token is needed"/,
         'and it is logged');
    unlike($plex->log_text, qr/token-of-24/, 'without a token');
    $post->(200, 'the token', bearer($token));
    $post->(200, 'with our own Origin', bearer($token), Host => 'mon.example:80', Origin => 'http://mon.example:80');
    eventually('now it was done', sub {
        (() = $plex->log_text =~ /notice  configuration taken/g) == $reloads + 2;
    });
};

subtest 'the unix socket' => sub {
    is(sprintf('%o', (stat $socket)[2] & 07777), '600', 'is its owner\'s alone');
    is(http("unix:$socket", 'POST', '/api/v1/reload')->{status}, 200, 'needs no token');
    is(http("unix:$socket", 'GET', '/healthz', headers => {Host => 'any.thing'})->{status}, 200,
       'nor a Host');
};

subtest 'a new token comes with a reload' => sub {
    my $next = 'another-token-of-some-length';
    file($token_file, "short\n");
    my $response = http($addr, 'POST', '/api/v1/reload', headers => {bearer($token)});
    is($response->{status}, 409, 'a short one is refused');
    like($response->{body}, qr/token-file = .*16 to 255 characters/, 'and why is told');
    file($token_file, "$next\n");
    is(http($addr, 'POST', '/api/v1/reload', headers => {bearer($token)})->{status}, 200, 'a good one is taken');
    is(http($addr, 'POST', '/api/v1/reload', headers => {bearer($token)})->{status}, 401, 'the old one is of no use');
    is(http($addr, 'POST', '/api/v1/reload', headers => {bearer($next)})->{status}, 200, 'the new one is');
};

subtest 'more connections than there is room for, all of them slow' => sub {
    my $before = $plex->rss;
    my @slow;
    for my $i (1 .. 500) {
        my $http = eval { Smpplex::Http->connect($addr) } or next;
        $http->send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-$i: ");
        push @slow, $http;
        if ($i % 50 == 0) {
            is(http_get($addr, '/healthz')->{status}, 200, "$i slow ones: a quick one is answered");
        }
    }
    for my $round (1 .. 5) {
        $_->{peer}{closed} || $_->send('x') for @slow;
        is(http_get($addr, '/metrics')->{status}, 200, "round $round: answered");
    }
    cmp_ok($plex->rss - $before, '<', 8192, 'and memory stays') if !sanitized;
    my $open = () = glob "/proc/$plex->{pid}/fd/*";
    cmp_ok($open, '<', 120, "as do descriptors: $open");
    $_->close for @slow;
};

subtest 'garbage behind requests, and halves, on many connections' => sub {
    my $before = $plex->rss;
    my $good = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    my ($answered, $refused) = (0, 0);
    for my $seed (1 .. 200) {
        srand $seed;
        my $http = Smpplex::Http->connect($addr);
        $http->send($good x 3 . join('', map { chr 128 + int rand 128 } 1 .. 200) . "\r\n\r\n" . $good x 3);
        my @got;
        while (my $response = $http->response(seconds => 2)) {
            push @got, $response->{status};
            last if $response->{status} != 200;
        }
        $answered++ if "@got" eq '200 200 200 400';
        $refused++ if $http->is_closed;
        $http->close;
        is(http_get($addr, '/metrics')->{status}, 200, "$seed times: a scrape is answered") if $seed % 50 == 0;
    }
    is("$answered $refused", '200 200', '200 times: what came before is answered, nothing behind it is read');
    my @half = grep { $_ } map { eval { Smpplex::Http->connect($addr) } } 1 .. 60;
    $_->send('POST /api/v1/reload HTTP/1.1') for @half;
    my $begun = time;
    is(http_get($addr, '/metrics')->{status}, 200, 'scrapes are answered beside half requests') for 1 .. 20;
    within($begun, 1 * slow_machine, 'at once');
    eventually('which are given up', sub { !grep { !$_->is_closed(0.01) } @half });
    $_->close for @half;
    cmp_ok($plex->rss - $before, '<', 8192, 'and memory stays') if !sanitized;
};

subtest 'a header without end' => sub {
    my $before = $plex->rss;
    my $http = Smpplex::Http->connect($addr);
    my $sent = 0;
    $http->send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    for (1 .. 1600) {
        last if !$http->send('x' x 65536, 1);
        $sent += 65536;
    }
    is($http->response->{status}, 431, sprintf '%.0f MiB were sent: 431', $sent / (1 << 20));
    ok($http->is_closed, 'and closed');
    cmp_ok($plex->rss - $before, '<', 8192, 'and memory stays') if !sanitized;
    is(http_get($addr, '/healthz')->{status}, 200, 'others are answered');
    $http->close;
};

subtest 'one that asks and does not read' => sub {
    my $before = $plex->rss;
    my $http = Smpplex::Http->connect($addr);
    my $request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    my $sent = 0;
    for (1 .. 2000) {
        last if !$http->send($request x 100, 0.05);
        $sent += 100;
    }
    cmp_ok($sent, '<', 200_000, "is not read any more, here after $sent requests");
    cmp_ok($plex->rss - $before, '<', 8192, 'and memory stays') if !sanitized;
    is(http_get($addr, '/metrics')->{status}, 200, 'others are answered');
    $http->close;
};

is(run_load('-t', $plex->addr('smpp'), '-c', 2, '-n', 500)->{accepted}, 500, 'messages pass all the while');
$plex->is_good;
ok(!-e $socket, 'the socket is gone with it');

subtest 'the short form' => sub {
    my $short = start_plex(args => ['--listen', '127.0.0.1:0', '--node', $sim->addr('a'), '--status', '0']);
    like($short->addr('status'), qr/^127\.0\.0\.1:\d+$/, '--status PORT is on 127.0.0.1');
    is(http_get($short->addr('status'), '/readyz')->{body}, "ready\n", 'and answers');
    my $response = http($short->addr('status'), 'POST', '/api/v1/reload');
    is($response->{status}, 403, 'without a token-file nothing can be done');
    like($response->{body}, qr/token-file/, 'and why is told');
    $short->is_good('short form');
};

subtest 'no status section, no endpoint' => sub {
    my $none = start_plex(conf => $conf);
    is($none->addr('status'), undef, 'none is there');
    $none->is_good('no endpoint');
};

subtest 'SIGTERM is not held up by who is connected' => sub {
    my $one = start_plex(args => ['--listen', '127.0.0.1:0', '--node', $sim->addr('a'), '-s', '0']);
    my @idle = map { Smpplex::Http->connect($one->addr('status')) } 1 .. 10;
    $_->send("GET /metr") for @idle[0 .. 4];
    my $begun = time;
    $one->is_good('ended');
    within($begun, 2 * slow_machine, 'it ends at once');
};

for my $case (['token-file = "/no/such/file"', qr/token-file = .*No such file/],
              ["token-file = \"" . file(work_dir . '/empty', '') . '"', qr/token-file = .*16 to 255/],
              ["token-file = \"" . file(work_dir . '/short', "123456789012345\n") . '"', qr/16 to 255/],
              ['socket = "ctl.sock"', qr/must be a whole path/],
              ['socket-group = "no-such-group"' . "\nsocket = \"" . work_dir . '/x.sock"', qr/no such group/],
              ['socket = "' . work_dir . '/none/x.sock"', qr/cannot listen .*No such file.* remedy="make its folder"/],
              ['max-connections = 0', qr/from 1 to 1024/]) {
    my ($text, $says) = @$case;
    my $path = file(work_dir . '/bad.conf', "$conf\nstatus {\naddress = \"127.0.0.1:0\"\n$text\n}\n");
    my $program = Smpplex::Test::spawn(bless({}, 'Smpplex::Test'), 'smpplex', '-c', $path);
    is($program->wait_end(10), 2, "$text: exit status 2");
    like($program->stderr_text, $says, 'and why is told');
}

done_testing;
