#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# TCP mode: what is said through it arrives as it was said, both ways, to the end, for whatever
# protocol; and neither a side that is slow nor one that breaks off costs more than itself.
# SMPPLEX_LONG=1: with a gigabyte.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use HTTP::Tiny;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Certs;
use Smpplex::Tcp;
use Smpplex::Test;

my $megabytes = $ENV{SMPPLEX_LONG} ? 1024 : 64;

# A farm in TCP mode before these servers, a, b, c …; `farm`, `listener`: more of their text.
sub conf {
    my ($servers, %given) = @_;
    my $name = 'a';
    my $nodes = join '', map { sprintf "node %s { address = \"%s\" }\n", $name++, "127.0.0.1:$_->{port}" } @$servers;
    return ($given{top} // '') . "farm f { mode = tcp\n" . ($given{farm} // '') . "\n$nodes}\n"
        . "listener l { address = \"127.0.0.1:0\"\n" . ($given{listener} // '') . "\n}\n";
}

sub plex {
    my ($servers, %given) = @_;
    return start_plex(log_level => $given{log_level} // 'debug', shell => $given{shell}, conf => conf($servers, %given));
}

sub descriptors { return scalar(my @all = glob "/proc/$_[0]{pid}/fd/*") }

# Tells what came, once the client has ended its side.
my $summing = sub { return $_[0]->rest_sum . "\n" };

my $echoing = sub {
    my ($peer) = @_;
    my $until = Smpplex::Tcp::deadline(60);
    while ($peer->fill($until) || length $peer->{in}) {
        $peer->send($peer->{in}, 60) or last;
        $peer->{in} = '';
    }
    return;
};

subtest "$megabytes megabytes up; the client ends its side and still gets an answer" => sub {
    my $server = Smpplex::Tcp->start($summing);
    my $plex = plex([$server]);
    my $client = Smpplex::Tcp->connect($plex->addr);
    my $sum = $client->send_megabytes($megabytes);
    $client->end_side;
    is($client->line(60), $sum, 'the node has got the same octets');
    is($client->how_ends, 'end', 'and its end comes down');
    eventually('the log tells', sub {
        my $bytes = $megabytes << 20;
        $plex->log_text =~ /c\d+ 127\.0\.0\.1:\d+: ended reason="both sides ended" detail="" node=a seconds=[\d.]+ bytes_up=$bytes bytes_down=\d\d/;
    });
    $plex->is_good;
};

subtest "$megabytes megabytes down; the node ends its side and still gets what is said" => sub {
    my $said = work_dir . '/said';
    my $server = Smpplex::Tcp->start(sub {
        my ($peer) = @_;
        my $sum = $peer->send_megabytes($megabytes);
        $peer->end_side;
        my $heard = $peer->rest(60);
        return if $heard eq '';     # a check says nothing
        Smpplex::Certs::write_file("$said.new", "$heard$sum\n");
        rename "$said.new", $said;
        return;
    });
    my $plex = plex([$server]);
    my $client = Smpplex::Tcp->connect($plex->addr);
    my $sum = $client->rest_sum;
    is($client->{over}, 'end', 'the end of the node\'s side comes down');
    ok($client->send("thank you "), 'the client still speaks');
    $client->end_side;
    ok(wait_for(10, sub { -e $said }), 'the node ends');
    is(Smpplex::Certs::read_file($said), "thank you $sum\n", 'all was heard on both sides');
    $plex->is_good;
};

subtest 'both ways at once' => sub {
    my $server = Smpplex::Tcp->start($echoing);
    my $plex = plex([$server]);
    my @clients = map { Smpplex::Tcp->connect($plex->addr) } 1 .. 4;
    my @pids = map {
        my $client = $_;
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            my $sum = $client->send_megabytes(8);
            $client->end_side;
            Smpplex::Certs::write_file(work_dir . "/echo$$", $sum);
            POSIX::_exit(0);
        }
        $pid;
    } @clients;
    my @sums = map { $_->rest_sum } @clients;
    waitpid $_, 0 for @pids;
    is($sums[$_], Smpplex::Certs::read_file(work_dir . "/echo$pids[$_]"), "client $_ hears itself")
        for 0 .. $#clients;
    $plex->is_good;
};

subtest 'HTTP: a server that others wrote' => sub {
    my $port = Smpplex::Tcp->unused_port;
    my $node = bless({program_path => (grep { -x } '/usr/bin/node', '/usr/local/bin/node')[0]}, 'Smpplex::Test')
        ->spawn('node', '-e', <<"END");
require("http").createServer((request, response) => {
    let body = "";
    request.on("data", (data) => { body += data; });
    request.on("end", () => response.end(request.method + " " + request.url + " " + body.length));
}).listen($port, "127.0.0.1", () => console.log("ready"));
END
    ok(wait_for(10, sub { $node->stdout_text =~ /ready/ }), 'it is there') or return;
    my $plex = plex([{port => $port}]);
    my $http = HTTP::Tiny->new(keep_alive => 1, timeout => 20);
    my $url = 'http://' . $plex->addr;
    my @got = map { $http->get("$url/page$_")->{content} } 1 .. 20;
    is_deeply(\@got, [map { "GET /page$_ 0" } 1 .. 20], 'requests over one connection');
    is($plex->counters->{streams_accepted}, 1, 'one it was');
    is($http->post("$url/post", {content => 'x' x 3_000_000})->{content}, 'POST /post 3000000',
       'a large request');
    @got = map { HTTP::Tiny->new(timeout => 20)->get("$url/page$_")->{content} } 1 .. 20;
    is_deeply(\@got, [map { "GET /page$_ 0" } 1 .. 20], 'a connection for each request');
    undef $http;
    $plex->is_good;
    drop($node);
};

# A frame of UCP: STX, number/length/O or R/operation/data/checksum, ETX.
sub ucp {
    my ($number, $kind, $operation, $data) = @_;
    my $text = sprintf '%02d/%05d/%s/%02d/%s/', $number, 17 + length $data, $kind, $operation, $data;
    my $sum = 0;
    $sum += ord for split //, $text;
    return "\x02$text" . sprintf('%02X', $sum % 256) . "\x03";
}

sub ucp_frame {
    my ($peer, $seconds) = @_;
    my $until = Smpplex::Tcp::deadline($seconds // 10);
    while ($peer->{in} !~ /\x03/) { $peer->fill($until) or return }
    $peer->{in} =~ s/^(\x02[^\x03]*\x03)// or die 'not UCP';
    return $1;
}

subtest 'UCP: frames both ways on a connection that stays' => sub {
    my $server = Smpplex::Tcp->start(sub {
        my ($peer) = @_;
        while (defined(my $frame = ucp_frame($peer, 60))) {
            my ($number, undef, $kind, $operation) = $frame =~ m{^\x02(\d+)/(\d+)/([OR])/(\d+)} or die;
            next if $kind eq 'R';
            $number += 0;
            $peer->send(ucp($number, 'R', $operation, 'A//4670' . $number));
            $peer->send(ucp($number, 'O', 52, '123/456///////////////0////')) if $operation == 51;
        }
        return;
    });
    my $plex = plex([$server]);
    my $client = Smpplex::Tcp->connect($plex->addr);
    $client->send(ucp(1, 'O', 60, 'user/6/5/1/70617373//0100/////'));
    is(ucp_frame($client), ucp(1, 'R', 60, 'A//46701'), 'it is logged in');
    my $good = 0;
    for my $number (2 .. 99) {
        my $frame = ucp($number, 'O', 51, '46701234567/1234//////////////////3//48656C6C6F//////////');
        $client->send($_) for $number % 10 ? $frame : split //, $frame;
        $good++ if ucp_frame($client) eq ucp($number, 'R', 51, 'A//4670' . $number)
            && ucp_frame($client) eq ucp($number, 'O', 52, '123/456///////////////0////');
        $client->send(ucp($number, 'R', 52, 'A//'));
    }
    is($good, 98, 'each message is answered and brings one, some of them sent octet by octet');
    $client->close;
    $plex->is_good;
};

subtest 'a client that does not read stops its node, and costs a bounded amount' => sub {
    my $server = Smpplex::Tcp->start(sub {
        my ($peer) = @_;
        my $what = $peer->line // return;
        return "pong\n" if $what eq 'ping';
        my $sum = $peer->send_megabytes(64);
        return;
    });
    my $plex = plex([$server]);
    my @slow = map { Smpplex::Tcp->connect($plex->addr, rcvbuf => 8192) } 1 .. 20;
    $_->send("much\n") for @slow;
    my $last = -1;
    ok(wait_for(20, sub {
        sleep 0.3;
        my $now = sprintf '%d', Smpplex::Certs::read_file("/proc/$plex->{pid}/io") =~ /rchar: (\d+)/;
        my $is_still = $now == $last;
        $last = $now;
        return $is_still;
    }), 'smpplex reads no more from the nodes');
    cmp_ok($plex->counters->{memory}, '<', 20 * 64 << 10, 'it holds at most a piece for each');
    my $other = Smpplex::Tcp->connect($plex->addr);
    $other->send("ping\n");
    is($other->line, 'pong', 'another is served meanwhile');
    my @sums = map { $_->rest_sum } @slow[0, 1];
    like($sums[0], qr/^67108864 /, 'the first reads on, and gets all');
    is($sums[1], $sums[0], 'and so does the second');
    $_->close for @slow;
    eventually('nothing is held any more', sub { $plex->counters->{memory} == 0 });
    $plex->is_good;
};

subtest 'what breaks off on one side breaks off on the other' => sub {
    my $seen = work_dir . '/seen';
    my $server = Smpplex::Tcp->start(sub {
        my ($peer) = @_;
        my $what = $peer->line // return;
        $peer->send("hello\n");
        if ($what eq 'reset') {
            $peer->line;
            $peer->reset;
            return;
        }
        Smpplex::Certs::write_file("$seen.new", $peer->how_ends(30));
        rename "$seen.new", $seen;
        return;
    });
    my $plex = plex([$server]);
    my $client = Smpplex::Tcp->connect($plex->addr);
    $client->send("reset\n");
    $client->line;
    $client->send("now\n");
    is($client->how_ends, 'reset', 'the node resets: the client sees a reset');
    $client = Smpplex::Tcp->connect($plex->addr);
    $client->send("stay\n");
    $client->line;
    $client->reset;
    ok(wait_for(10, sub { -e $seen }), 'the client resets');
    is(Smpplex::Certs::read_file($seen), 'reset', 'the node sees a reset');
    like($plex->log_text, qr/ended reason="node's connection lost" detail="reset by peer" node=a/, 'the log says who');
    like($plex->log_text, qr/ended reason="client's connection lost" detail="reset by peer" node=a/, 'and who');
    $plex->is_good;
};

subtest 'a stream that is silent is ended in time, and one that speaks is not' => sub {
    my $server = Smpplex::Tcp->start($echoing);
    my $plex = plex([$server], listener => 'inactivity-timeout = 3s');
    my ($silent, $speaks) = map { Smpplex::Tcp->connect($plex->addr) } 1 .. 2;
    my $began = time;
    $silent->send("x\n");
    while ($silent->is_open && time < $began + 60) {
        $speaks->send("y\n");
        last if ($speaks->line // '') ne 'y';
        sleep 0.1;
    }
    is($silent->{over}, 'end', 'the silent one is ended');
    cmp_ok(time - $began, '>=', 2.95, 'not before its time');
    ok($speaks->is_open, 'the other is not');
    eventually('the log says why', sub { $plex->log_text =~ /ended reason="inactive"/ });
    $plex->end('KILL');
};

subtest 'TLS on both sides' => sub {
    my $ca = Smpplex::Certs->new(work_dir, 'ca');
    my $other = Smpplex::Certs->new(work_dir, 'other');
    my $cert = $ca->certificate('127.0.0.1', san => 'IP:127.0.0.1');
    my $server = Smpplex::Tcp->start($summing);
    my $inner = plex([$server], listener => "tls { certificate = \"$cert\" }");
    my $addr = $inner->addr;
    my $outer_text = sub {
        return "farm f { mode = tcp check { port = $server->{port} }\n"
            . "tls { ca = \"$_[0]\" } node a { address = \"$addr\" } }\n"
            . 'listener l { address = "127.0.0.1:0" }';
    };
    my $outer = start_plex(log_level => 'debug', conf => $outer_text->($ca->ca));
    for my $round (1 .. 3) {
        my $client = Smpplex::Tcp->connect($outer->addr);
        my $sum = $client->send_megabytes(6);
        $client->end_side;
        is($client->line(60), $sum, "6 MB up, and an answer after the end, round $round");
        is($client->how_ends, 'end', 'and an end');
    }
    $outer->write_conf($outer_text->($other->ca));
    $outer->signal('HUP');
    eventually('another CA is trusted', sub { $outer->log_text =~ /configuration taken/ });
    my $client = Smpplex::Tcp->connect($outer->addr);
    isnt($client->how_ends(10), 'open', 'a node with a certificate of another CA gets nothing');
    like($outer->log_text, qr/cannot connect node=a reason="TLS: certificate of an unknown CA"/, 'and the log says why');
    my $stray = Smpplex::Tcp->connect($inner->addr);
    $stray->send("GET / HTTP/1.0\r\n\r\n");
    isnt($stray->how_ends, 'open', 'a client without TLS is not let in');
    eventually('counted', sub { $inner->counters->{tls_failed} > 0 });
    $outer->is_good;
    $inner->is_good;
};

subtest 'several workers' => sub {
    my $server = Smpplex::Tcp->start($summing);
    my $plex = plex([$server], top => "workers = 4\n");
    my $good = 0;
    my @clients = map { Smpplex::Tcp->connect($plex->addr) } 1 .. 60;
    my @sums = map { $_->send_megabytes(1) } @clients;
    $_->end_side for @clients;
    $good += ($clients[$_]->line(60) // '') eq $sums[$_] for 0 .. $#clients;
    is($good, 60, 'each client gets the right sum');
    my %ids = map { $_ => 1 } $plex->log_text =~ /^\S+ \S+ \w+ +(c\d+) 127\S+ shaking hands -> waiting/mg;
    is(scalar(keys %ids), 60, 'no two have the same number');
    is($plex->counters->{streams_accepted}, 60, 'all are counted');
    $plex->is_good;
};

subtest 'without descriptors' => sub {
    my $server = Smpplex::Tcp->start($echoing);
    my $plex = plex([$server], shell => 'ulimit -n 40', top => "workers = 1\n");
    my @clients = map { Smpplex::Tcp->connect($plex->addr) } 1 .. 40;
    $_->send("hello\n") for @clients;
    my @served = grep { ($_->line(1) // '') eq 'hello' } @clients[0 .. 5];
    is(scalar(@served), 6, 'as many as there are for are served');
    eventually('the log tells of the others', sub {
        $plex->log_text =~ /ended reason="out of memory or descriptors"|cannot accept, waiting/ });
    $_->close for @clients[6 .. $#clients];
    eventually('they have left', sub { $plex->counters->{streams} == 6 });
    my $client = Smpplex::Tcp->connect($plex->addr);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        Smpplex::Certs::write_file(work_dir . '/sum', $client->send_megabytes(8));
        $client->end_side;
        POSIX::_exit(0);
    }
    my $sum = $client->rest_sum;
    waitpid $pid, 0;
    is($sum, Smpplex::Certs::read_file(work_dir . '/sum'), 'the next one hears all');
    $_->close for @served;
    $plex->is_good;
};

subtest 'five thousand short connections, and some long ones, leave nothing behind' => sub {
    my $server = Smpplex::Tcp->start(sub { my $what = $_[0]->line // return; return "$what\n" });
    my $plex = plex([$server], log_level => 'notice');
    my @pids = map {
        my $many = $_;
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            my $bad = 0;
            for my $i (1 .. $many) {
                my $client = Smpplex::Tcp->connect($plex->addr);
                if ($i % 10 == 0) {
                    $client->reset;
                    next;
                }
                $client->send("$i\n");
                $bad++ if ($client->line // '') ne $i || $client->how_ends ne 'end';
                $client->close;
            }
            POSIX::_exit($bad > 0);
        }
        $pid;
    } (1250) x 4;
    my $bad = 0;
    for (@pids) { waitpid $_, 0; $bad++ if $? }
    is($bad, 0, 'each that waits for its answer gets it');
    eventually('all have ended', sub { $plex->counters->{streams} == 0 });
    is($plex->counters->{streams_accepted}, 5000, 'all are counted');
    is($plex->counters->{memory}, 0, 'no memory is held');
    my $before = descriptors($plex);
    my $summer = Smpplex::Tcp->start($echoing);
    $plex->write_conf(conf([$server], farm => "node z { address = \"@{[$summer->addr]}\" weight = 256 }"));
    $plex->signal('HUP');
    eventually('a node that answers at length', sub { $plex->log_text =~ /configuration taken/ });
    my @clients = map { Smpplex::Tcp->connect($plex->addr) } 1 .. 30;
    for (1 .. 20) { $_->send('x' x (1 << 18), 5) for @clients }
    $_->reset for @clients;
    eventually('all have ended again', sub { $plex->counters->{streams} == 0 });
    cmp_ok(descriptors($plex), '<=', $before + 16, 'no descriptor stays but of eight pipes');
    $plex->is_good;
};

done_testing();
