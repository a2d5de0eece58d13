#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Each way in which a probe of a node can end has its name, and no node, slow or
# broken, holds up the checks of others. t/e2e/check_run runs the checks of a
# configuration and prints how their probes end.
use strict;
use warnings;
use IPC::Open2;
use Smpplex::Peer;
use Smpplex::Stalls;
use Smpplex::Test;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(sleep time);

my $program = ($ENV{SMPPLEX_TOOLS} // $ENV{SMPPLEX_BIN}) . '/t/e2e/check_run';
my $slow = slow_machine();
my $owner = $$;
my ($serial, @servers) = (0);

END {
    my $status = $?;
    if ($$ == $owner) { kill 'KILL', @servers; waitpid $_, 0 for @servers }
    $? = $status;
}

# A server of one's own: the callback gets each connection. Returns its address.
sub serve {
    my ($talk) = @_;
    my $listener = IO::Socket::INET->new(Listen => 64, LocalAddr => '127.0.0.1') or die "listen: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
        $SIG{PIPE} = 'IGNORE';
        while (my $socket = $listener->accept) { $talk->($socket) }
        POSIX::_exit(0);
    }
    push @servers, $pid;
    return '127.0.0.1:' . $listener->sockport;
}

# Reads until a pattern is there.
sub await {
    my ($socket, $pattern) = @_;
    my $got = '';
    1 while $got !~ $pattern && sysread $socket, $got, 4096, length $got;
    return $got;
}

sub reset_it {
    my ($socket) = @_;
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    close $socket;
    return;
}

sub write_conf {
    my ($text) = @_;
    my $path = work_dir() . '/check' . ++$serial . '.conf';
    open my $file, '>', $path or die "$path: $!";
    print $file "farm f {\n$text\n}\nlistener l { address = 2775 }\n";
    close $file;
    return $path;
}

# The probes of nodes, as hashes: nodes => [NAME => ADDR, KEYS]…
sub parse {
    return map {
        my ($node, $outcome, $verdict, $us, $detail) = split ' ', $_, 5;
        {node => $node, outcome => $outcome, verdict => $verdict, ms => $us / 1000,
         detail => $detail // ''};
    } split /\n/, $_[0];
}

# Runs until `count` probes have ended.
sub probes {
    my ($conf, $count, $pace, $wrap) = @_;
    my $path = write_conf($conf);
    my $limit = 30 * $slow;
    my $command = "timeout $limit $program $path $count " . ($pace // 'steady');
    $command = "$wrap $command" if $wrap;
    return parse(scalar `$command </dev/null`);
}

# The first probe of one node.
sub probe {
    my ($addr, $keys, $wrap, $timeout) = @_;
    my @results = probes("node n { address = \"$addr\" check { timeout = " . ($timeout // 5000 * $slow)
                         . "ms $keys } }", 1, 'steady', $wrap);
    return $results[0] // {outcome => 'nothing', detail => '', verdict => '', ms => 0};
}

# The same, where it is the time that ends it.
sub late { return probe($_[0], $_[1], undef, 250 * $slow) }

sub ends {
    my ($name, $result, $outcome, $detail) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($result->{outcome}, $outcome, $name) or diag("detail: $result->{detail}");
    is($result->{verdict}, $outcome eq 'passed' ? 'success'
        : $outcome =~ /^no-(descriptors|port|memory)/ ? 'none' : 'failure', "$name: what it says of the node");
    like($result->{detail}, $detail, "$name: detail") if $detail;
    return;
}

my $sim = start_sim('a=0,accounts=probe:secret,http=0,http-auth=u:p w', 'b=0');
my ($a, $b, $http) = map { $sim->addr($_) } 'a', 'b', 'a.http';
# bound, so that nobody else gets it, and not listening
my $silent = IO::Socket::INET->new(Proto => 'tcp', LocalAddr => '127.0.0.1', LocalPort => 0) or die "bind: $!";
my $nobody = '127.0.0.1:' . $silent->sockport;
my $password_file = work_dir() . '/password';
open my $file, '>', $password_file or die;
print $file "p w\n";
close $file;

subtest 'tcp' => sub {
    ends('a port that takes connections', probe($a, ''), 'passed', qr/^$/);
    ends('a port where nobody listens', probe($nobody, ''), 'connect-refused', qr/^$/);
    ends('an address without a way', probe('255.255.255.255:5', ''), 'unreachable');
    ends('a unix socket that is not there', probe('unix:' . work_dir() . '/none', ''), 'connect-refused');
    ends('a port of its own', probe($a, 'port = ' . (split /:/, $nobody)[1]), 'connect-refused');
    ends('an address of its own', probe('127.0.0.2:1', 'address = 127.0.0.1 port = ' .
         (split /:/, $a)[1]), 'passed');
    $sim->control('b deaf');
    my $result = late($b, '');
    ends('a node that doesn\'t answer the connect', $result, 'connect-timeout');
    cmp_ok($result->{ms}, '>=', 250 * $slow - 20, 'after the whole timeout');
    $sim->control('b heal');
    ends('the same, mended', probe($b, ''), 'passed');
};

subtest 'smpp with an account' => sub {
    my $account = 'type = smpp system-id = probe password = secret';
    ends('a node that binds and answers', probe($a, $account), 'passed', qr/^$/);
    eventually('which has been unbound', sub { $sim->stats('a')->{unbinds} == 1 });
    eventually('and left', sub { my $s = $sim->stats('a')->{sessions}; !($s->{open} + $s->{transceiver}) });
    ends('a wrong password', probe($a, 'type = smpp system-id = probe password = x'), 'bind-refused',
         qr/^status=ESME_RINVPASWD$/);
    ends('a port where nobody listens', probe($nobody, $account), 'connect-refused');
    $sim->control('a silent-enquire');
    ends('enquire_link without an answer', late($a, $account), 'answer-timeout',
         qr/^awaited=enquire_link_resp /);
    $sim->control('a hang');
    ends('a bind without an answer', late($a, $account), 'answer-timeout',
         qr/^awaited=bind_transceiver_resp /);
    $sim->control('a heal');
    $sim->control('a trickle');
    ends('answers octet by octet', probe($a, $account), 'passed');
    $sim->control('a heal');
    ends('a refused enquire_link', probe(serve(sub {
        my ($peer) = Smpplex::Peer->wrap($_[0]);
        $peer->answer($peer->read, 0, "node\0");
        $peer->answer($peer->read, 8);
        $peer->read;
    }), $account), 'enquire-refused', qr/^status=ESME_RSYSERR$/);
    ends('generic_nack to the bind', probe(serve(sub {
        my ($peer) = Smpplex::Peer->wrap($_[0]);
        $peer->read;
        $peer->send(pdu('generic_nack', 3, 0));
        $peer->is_closed;
    }), $account), 'bind-refused', qr/RINVCMDID/);
    ends('closed before the bind is answered', probe(serve(sub { Smpplex::Peer->wrap($_[0])->read }),
         $account), 'closed-early', qr/awaited=bind_transceiver_resp/);
    ends('an unbind in place of the answer', probe(serve(sub {
        my ($peer) = Smpplex::Peer->wrap($_[0]);
        $peer->answer($peer->read, 0, "node\0");
        $peer->send(pdu('unbind', 0, 1));
        $peer->is_closed;
    }), $account), 'closed-early', qr/got=unbind/);
    ends('reset in the middle', probe(serve(sub {
        my ($peer) = Smpplex::Peer->wrap($_[0]);
        my $bind = $peer->read;
        $peer->send(substr pdu('bind_transceiver_resp', 0, $bind->{number}, "node\0"), 0, 10);
        $peer->reset;
    }), $account), 'reset', qr/awaited=bind_transceiver_resp/);
    my ($log) = work_dir() . '/later';
    ends('a node that has messages for the account', probe(serve(sub {
        my ($peer) = Smpplex::Peer->wrap($_[0]);
        $peer->answer($peer->read, 0, "node\0");
        my ($enquire, $unbind) = ($peer->read, $peer->read);
        $peer->send(pdu('deliver_sm', 0, 7, "\0" x 17) . pdu('enquire_link', 0, 8) .
                    pdu(0x00010200, 0, 9));
        my @answers = map { $peer->read } 1 .. 3;
        $peer->answer($enquire);
        open my $out, '>', $log;
        print $out join ',', map { sprintf '%x:%x:%d', @$_{qw(command status number)} } @answers;
        close $out;
        $peer->answer($unbind);
        $peer->is_closed;
    }), $account), 'passed');
    open my $in, '<', $log or die;
    is(<$in>, '80000005:64:7,80000015:0:8,80000000:3:9', 'is told to keep them, and gets its answers');
};

subtest 'smpp without an account' => sub {
    my $enquire = 'type = smpp';
    ends('a node that answers', probe($a, $enquire), 'passed');
    ends('a node that refuses in SMPP is alive', probe(serve(sub {
        my ($peer) = Smpplex::Peer->wrap($_[0]);
        $peer->read;
        $peer->send(pdu('generic_nack', 4, 1));
        $peer->is_closed;
    }), $enquire), 'passed');
    ends('one that closes', probe(serve(sub { Smpplex::Peer->wrap($_[0])->read }), $enquire),
         'closed-early', qr/awaited=enquire_link_resp/);
    ends('one that speaks HTTP', late($http, $enquire), 'answer-timeout');
    ends('one that answers with HTTP', probe(serve(sub {
        syswrite $_[0], "HTTP/1.1 400 Bad Request\r\n\r\n";
        sleep 1;
    }), $enquire), 'bad-pdu', qr/octets="HTTP/);
    ends('one that greets with SSH', probe(serve(sub { syswrite $_[0], "SSH-2.0-x\r\n"; sleep 1 }),
         $enquire), 'bad-pdu', qr/looks=SSH/);
    ends('one that sends what looks like a PDU and is none', probe(serve(sub {
        syswrite $_[0], pack 'N4', 16, 0x12345678, 0, 1;
        sleep 1;
    }), $enquire), 'bad-pdu');
};

subtest 'http' => sub {
    my $auth = 'type = http user = u password = "p w"';
    my $info = "$auth path = \"/admin/info\"";
    my $connectors = "$auth path = \"/admin/connectors\"";

    ends('a page that is there', probe($http, $info), 'passed', qr/^status=200$/);
    ends('the password from its file', probe($http, "type = http user = u path = \"/admin/info\" " .
         "password-file = \"$password_file\""), 'passed');
    ends('no page', probe($http, "$auth path = \"/none\""), 'http-status', qr/^status=404 phrase="Not Found"$/);
    ends('no page, as expected', probe($http, "$auth path = \"/none\" expect-status = 404"), 'passed');
    ends('no authorization', probe($http, 'type = http path = "/admin/info"'), 'http-status', qr/^status=401/);
    ends('a text that is there', probe($http, "$connectors expect = \"smsc3\""), 'passed');
    ends('a text that is not', probe($http, "$connectors expect = \"smsc4\""), 'text-missing');
    ends('a text that must not be', probe($http, "$connectors refuse = \"BOUND\""), 'text-forbidden');
    for my $mode (qw(chunked until-end)) {
        $sim->control("a http $mode");
        ends("the same, $mode", probe($http, "$connectors expect = \"smsc3\" refuse = \"DOWN\""), 'passed');
        ends("and what is missing, $mode", probe($http, "$connectors expect = \"smsc4\""), 'text-missing');
    }
    $sim->control('a http plain');
    $sim->control('a http connectors-down');
    ends('connectors that are down', probe($http, "$connectors refuse = \"DOWN\""), 'text-forbidden');
    ends('while the info page is fine', probe($http, $info), 'passed');
    $sim->control('a http connectors-up');
    $sim->control('a http 500');
    ends('a page that fails', probe($http, $info), 'http-status', qr/^status=500/);
    $sim->control('a http 200');
    $sim->control('a http silent');
    ends('no answer', late($http, $info), 'answer-timeout', qr/^awaited=header /);
    $sim->control('a http half');
    ends('half an answer, of which only the header counts', probe($http, $info), 'passed');
    ends('half an answer', late($http, "$info expect = \"Connectors\""), 'answer-timeout', qr/^awaited=body /);
    $sim->control('a http cut');
    ends('an answer that is cut', probe($http, "$info expect = \"Connectors\""), 'closed-early', qr/^awaited=body$/);
    $sim->control('a http endless');
    ends('an endless answer', probe($http, "$info expect = \"Connectors\""), 'body-too-long');
    ends('an endless answer with the text', probe($http, "$info expect = \"so on\""), 'passed');
    ends('an endless answer without the refused text', probe($http, "$info refuse = \"Connectors\""), 'body-too-long');
    $sim->control('a http garbage');
    ends('no HTTP', probe($http, $info), 'http-malformed', qr/^why="/);
    $sim->control('a http plain');
    ends('a text across the border of two segments', probe(serve(sub {
        my ($socket) = @_;
        await($socket, qr/\r\n\r\n/);
        for my $part ("HTTP/1.0 200 OK\r\n\r\n" . 'x' x 5000 . 'hal', 'f and ha', 'lf') {
            syswrite $socket, $part;
            sleep 0.05;
        }
        close $socket;
    }), 'type = http expect = "half and half"'), 'passed');
    ends('closed without an answer', probe(serve(sub { await($_[0], qr/\r\n\r\n/); close $_[0] }),
         'type = http'), 'closed-early', qr/^awaited=header$/);
    ends('reset without an answer', probe(serve(sub { await($_[0], qr/\r\n\r\n/); reset_it($_[0]) }),
         'type = http'), 'reset');
    my $asked = work_dir() . '/asked';
    my $server = serve(sub {
        my $request = await($_[0], qr/\r\n\r\n/);
        open my $out, '>', $asked;
        print $out $request;
        close $out;
        syswrite $_[0], "HTTP/1.1 204 No Content\r\n\r\n";
        close $_[0];
    });
    ends('what is asked', probe($server, 'type = http path = "/x?y=1" host = "gw.example"'), 'passed');
    open my $in, '<', $asked or die;
    my $request = do { local $/; <$in> };
    like($request, qr{\AGET /x\?y=1 HTTP/1\.1\r\nHost: gw\.example\r\n}, 'names path and host');
    unlike($request, qr/Authorization/, 'and nobody, where no user is given');
    ends('again', probe($server, 'type = http'), 'passed');
    open $in, '<', $asked or die;
    like(do { local $/; <$in> }, qr{\AGET / HTTP/1\.1\r\nHost: \Q$server\E\r\n}, 'by default the address');
};

subtest 'what is our own fault says nothing of the node' => sub {
    ends('no descriptors', probe($a, '', 'prlimit --nofile=4'), 'no-descriptors');
};

subtest 'a slow node holds up nobody' => sub {
    $sim->control('b deaf');
    my @results = probes("node a { address = \"$a\" check { interval = 100ms timeout = 20s } }\n" .
                         "node b { address = \"$b\" check { interval = 100ms timeout = " . 300 * $slow . 'ms } }', 12);
    my @of_b = grep { $_->{node} eq 'b' } @results;
    cmp_ok(scalar(@results) - @of_b, '>=', 8, 'the other goes on');
    is(scalar(grep { $_->{outcome} ne 'passed' } grep { $_->{node} eq 'a' } @results), 0, 'and is well');
    cmp_ok(scalar(@of_b), '<=', 3, 'and the slow one has one probe at a time');
    $sim->control('b heal');
};

subtest 'the pace' => sub {
    my %keys = (steady => 'interval', fast => 'fast-interval', down => 'down-interval');
    for my $pace (sort keys %keys) {
        my %ms = (interval => 20000, 'fast-interval' => 20000, 'down-interval' => 20000, $keys{$pace} => 200);
        $ms{'fast-interval'} = 200 if $ms{interval} == 200;
        my $started = time;
        my @results = probes('check { ' . join(' ', map { "$_ = $ms{$_}ms" } sort keys %ms) .
                             " }\nnode a { address = \"$a\" }", 4, $pace);
        my $took = time - $started;
        is(scalar(@results), 4, "$pace: probes go on");
        cmp_ok($took, '>=', 0.5, "$pace: not faster than $keys{$pace}");
        within($started, 5 * $slow, "$pace: nor much slower");
    }
};

subtest 'the first probes of nodes are spread over the interval' => sub {
    my $nodes = join "\n", map { "node n$_ { address = \"127.0.0.1:$_\" }" } 1 .. 10;
    my ($took, @results) = undisturbed(sub {
        my $started = time;
        my @ended = probes("check { interval = 1s timeout = 20s address = 127.0.0.1 port = " .
                           (split /:/, $a)[1] . " }\n$nodes", 10);
        return (time - $started, @ended);
    });
    cmp_ok($took, '>=', 0.85, 'the last is as late');
    is(join(' ', map { $_->{node} } @results), join(' ', map { "n$_" } 1 .. 10), 'and they come in order');
};

# --- what the owner can do meanwhile
sub begin {
    my ($conf, $count) = @_;
    my $path = write_conf($conf);
    my $pid = open2(my $out, my $in, 'timeout', 30 * $slow, $program, $path, $count);
    return {pid => $pid, out => $out, in => $in};
}

sub next_result { my ($run) = @_; my $line = readline $run->{out}; return (parse($line // 'nothing'))[0] }

sub finish { my ($run) = @_; close $run->{in}; close $run->{out}; waitpid $run->{pid}, 0; return $? }

subtest 'a hurried check probes at once' => sub {
    my $run = begin("check { interval = 1h timeout = 1s }\nnode a { address = \"$a\" }", 2);
    is(next_result($run)->{outcome}, 'passed', 'the first');
    my $started = time;
    syswrite $run->{in}, "hurry a\nhurry a\nhurry a\n";
    is(next_result($run)->{outcome}, 'passed', 'the second');
    within($started, 2 * $slow, 'soon');
    is(finish($run), 0, 'and one for three orders');
};

subtest 'a node gets another address' => sub {
    my $run = begin("check { interval = 1h timeout = 20s }\nnode b { address = \"$b\" }", 3);
    is(next_result($run)->{outcome}, 'passed', 'the first address');
    syswrite $run->{in}, "address b $nobody\n";
    is(next_result($run)->{outcome}, 'connect-refused', 'another one');
    syswrite $run->{in}, "address b -\n";
    is(next_result($run)->{outcome}, 'no-address', 'none');
    is(finish($run), 0, 'ends well');
};

subtest 'a probe of the old address is forgotten' => sub {
    $sim->control('b deaf');
    my $run = begin("check { interval = 1h timeout = 20s }\nnode b { address = \"$b\" }", 1);
    sleep 0.3;
    syswrite $run->{in}, "address b $a\n";
    my $result = next_result($run);
    is($result->{outcome}, 'passed', 'and the new one probed');
    cmp_ok($result->{ms}, '<', 5000, 'with a time of its own');
    is(finish($run), 0, 'ends well');
    $sim->control('b heal');
};

done_testing();
