#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# TCP mode: which node a connection gets, and what becomes of it when the node goes.
use strict;
use warnings;
use List::Util qw(sum);
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Tcp;
use Smpplex::Test;

# A server that tells its name, and then says what it hears, line by line.
sub named {
    my ($name, %given) = @_;
    return Smpplex::Tcp->start(sub {
        my ($peer) = @_;
        $peer->send("$name\n");
        while (defined(my $line = $peer->line(60))) { $peer->send("$name $line\n") }
        return;
    }, %given);
}

# NAME => ADDR or [ADDR, KEYS], as text.
sub nodes {
    my (@nodes) = @_;
    my $text = '';
    while (my ($name, $its) = splice @nodes, 0, 2) {
        my ($addr, @keys) = ref $its ? @$its : $its;
        $text .= "node $name { address = \"$addr\" @keys }\n";
    }
    return $text;
}

sub conf {
    my ($nodes, $farm) = @_;
    return "workers = 1\nfarm f { mode = tcp\n" . ($farm // '') . "\n" . nodes(@$nodes)
        . "}\nlistener l { address = \"127.0.0.1:0\" }\n";
}

sub plex { return start_plex(log_level => 'debug', conf => conf(@_)) }

sub take {
    my ($plex, @conf) = @_;
    my $said = reload($plex, conf(@conf));
    die $said if $said !~ /taken/;
    return;
}

# A connection that has heard its node's name, and that.
sub open_one {
    my ($plex, %given) = @_;
    my $client = Smpplex::Tcp->connect($plex->addr, %given);
    $client->{node} = $client->line($given{seconds} // 20) // 'none';
    return $client;
}

# The names that n connections get, one after the other, each closed at once: "a b a …".
sub names {
    my ($plex, $n, %given) = @_;
    return join ' ', map {
        my $client = open_one($plex, %given);
        $client->close;
        $client->{node};
    } 1 .. $n;
}

sub shares {
    my (@names) = @_;
    my %n;
    $n{$_}++ for map { split / / } @names;
    return \%n;
}

sub check_at { return "check { address = 127.0.0.1 port = $_[0]{port} interval = 50ms fast-interval = 50ms down-interval = 50ms rise = 1 fall = 1 }" }

my %server = map { ($_ => named($_)) } qw(a b c d);
my %at = map { ($_ => $server{$_}->addr) } keys %server;
my $alive = $server{d};     # for checks of nodes that are not what they seem

# A stream speaks for so long, and is still open: unless it couldn't for a second, for which it
# may be taken as silent.
sub goes_on_speaking {
    my ($client, $seconds) = @_;
    my ($until, $last, $pause) = (time + $seconds, time, 0);
    while (time < $until) {
        $client->send("still\n");
        last if ($client->line // '') ne "$client->{node} still";
        $pause = time - $last if time - $last > $pause;
        $last = time;
        sleep 0.2;
    }
    $pause = time - $last if time - $last > $pause;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok($client->is_open || $pause > 1, "one that speaks goes on: the longest pause $pause s");
}

sub talks {
    my ($client, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $client->send("hello\n");
    is($client->line(20) // 'nothing', "$client->{node} hello", $name);
    return;
}

subtest 'one after the other, by weight' => sub {
    my $plex = plex([a => [$at{a}, 'weight = 3'], b => [$at{b}, 'weight = 2'], c => $at{c}]);
    is(names($plex, 12), join(' ', ('a b a c b a') x 2), 'smoothly');
    is_deeply(shares(names($plex, 60)), {a => 30, b => 20, c => 10}, 'and exactly');
    $plex->is_good;
};

subtest 'the fewest open connections, by weight' => sub {
    my $plex = plex([a => [$at{a}, 'weight = 2'], b => $at{b}, c => $at{c}], 'balance = least-pending');
    my @open = map { open_one($plex) } 1 .. 40;
    is_deeply(shares(map { $_->{node} } @open), {a => 20, b => 10, c => 10}, 'are even');
    $_->close for grep { $_->{node} eq 'b' } @open;
    eventually('those to b have ended', sub { $plex->counters->{streams} == 30 });
    my @more = map { open_one($plex) } 1 .. 10;
    is_deeply(shares(map { $_->{node} } @more), {b => 10}, 'what has become free is filled');
    $_->close for @open, @more;
    $plex->is_good;
};

subtest 'by the address of the client' => sub {
    my @nodes = map { ($_ => $at{$_}) } qw(a b c);
    my $plex = plex(\@nodes, 'balance = source');
    my %of = map { ($_ => names($plex, 1, from => "127.0.0.$_")) } 1 .. 60;
    my $shares = shares(values %of);
    cmp_ok($shares->{$_}, '>', 8, "$_ has a share") for qw(a b c);
    is(names($plex, 5, from => '127.0.0.7'), join(' ', ($of{7}) x 5), 'one address, one node');
    my $other = plex([@nodes[4, 5, 2, 3, 0, 1]], 'balance = source');
    is_deeply({map { ($_ => names($other, 1, from => "127.0.0.$_")) } 1 .. 60}, \%of,
              'another smpplex with the same nodes agrees');
    take($plex, [a => $at{a}, b => [$at{b}, 'weight = 0'], c => $at{c}], 'balance = source');
    my %now = map { ($_ => names($plex, 1, from => "127.0.0.$_")) } 1 .. 60;
    is(scalar(grep { $of{$_} ne 'b' && $now{$_} ne $of{$_} } keys %of), 0,
       'where one node is taken out only its own clients move');
    is(shares(values %now)->{b}, undef, 'and these do');
    $plex->is_good;
    $other->is_good;
};

subtest 'standby and backup' => sub {
    my $first = named('a');
    my $plex = plex([a => [$first->addr, check_at($first)], b => $at{b}, c => [$at{c}, 'backup = true']],
                    'balance = standby');
    is_deeply(shares(names($plex, 10)), {a => 10}, 'the first takes all');
    $first->stop;
    is_deeply(shares(names($plex, 10)), {b => 10}, 'when it is killed the second does');
    my $again = named('a', port => $first->{port});
    ok(wait_for(10, sub { names($plex, 1) eq 'a' }), 'and the first again when it is back');
    take($plex, [a => [$at{a}, 'weight = 0'], b => [$at{b}, 'weight = 0'], c => [$at{c}, 'backup = true']],
           'balance = standby');
    is_deeply(shares(names($plex, 5)), {c => 5}, 'the backup serves when no other does');
    $plex->is_good;
    $again->stop;
};

subtest 'a node that refuses: the connection goes to another, as long as nothing was sent' => sub {
    my $addr = Smpplex::Tcp->unused_addr;
    my $plex = plex([a => [$addr, check_at($alive)], b => $at{b}, c => $at{c}], 'error-limit = 0');
    is_deeply(shares(names($plex, 30)), {b => 15, c => 15}, 'all are served, evenly');
    is($plex->counters->{streams_moved}, 15, 'every other of them after a vain attempt');
    take($plex, [a => [$addr, check_at($alive)], b => $at{b}, c => $at{c}],
           'error-limit = 0 redispatch-max = 0');
    is_deeply(shares(names($plex, 30)), {b => 10, c => 10, none => 10}, 'redispatch-max = 0: a third is not');
    $plex->is_good;
};

subtest 'failures take a node down ahead of its check' => sub {
    my $addr = Smpplex::Tcp->unused_addr;
    my $plex = plex([a => [$addr, "check { address = 127.0.0.1 port = $alive->{port} interval = 1h }"], b => $at{b}],
                    'error-limit = 3');
    names($plex, 10);
    eventually('it is down', sub { $plex->log_text =~ m{f/a: up -> down by=traffic} });
    my $moved = $plex->counters->{streams_moved};
    names($plex, 10);
    is($plex->counters->{streams_moved}, $moved, 'and gets no more');
    $plex->is_good;
};

subtest 'a node that does not answer is given up in time' => sub {
    my $deaf = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
    my @fill = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $deaf->sockport, Blocking => 0) } 1 .. 8;
    my $plex = plex([a => ['127.0.0.1:' . $deaf->sockport, check_at($alive)], b => $at{b}],
                    'connect-timeout = 300ms error-limit = 0 balance = standby');
    my $began = time;
    is(names($plex, 1), 'b', 'the other serves');
    cmp_ok(time - $began, '>=', 0.29, 'after the time for connecting');
    like($plex->log_text, qr/cannot connect node=a reason="connect timed out"/, 'and the log says why');
    $plex->is_good;
    close $_ for @fill;
};

subtest 'no node: a connection waits for one, and not for ever' => sub {
    my $addr = Smpplex::Tcp->unused_addr;
    my $plex = plex([a => [$addr, "check { interval = 50ms fast-interval = 50ms down-interval = 50ms rise = 1 fall = 1 }"]],
                    'queue-timeout = 5s');
    eventually('it is down', sub { $plex->log_text =~ m{f/a: up -> down} });
    my $began = time;
    my $client = Smpplex::Tcp->connect($plex->addr);
    is($client->how_ends(10), 'end', 'a connection is closed');
    cmp_ok(time - $began, '>=', 4.95, 'when its time is over');
    $client = Smpplex::Tcp->connect($plex->addr);
    $client->send("early\n");
    my $server = named('late', addr => $addr);
    is($client->line(10), 'late', 'another is served by a node that comes in time');
    is($client->line(10), 'late early', 'with what it had said already');
    $client->close;
    like($plex->log_text, qr/warning c1 \S+: ended reason="no node could be reached"/, 'the log tells of the first');
    $plex->is_good;
    $server->stop;
};

subtest 'weight 0 and removal take no new connections, and let those go on that are there' => sub {
    my $plex = plex([a => $at{a}, b => $at{b}]);
    my @open = map { open_one($plex) } 1 .. 4;
    take($plex, [a => [$at{a}, 'weight = 0'], b => $at{b}]);
    is_deeply(shares(names($plex, 6)), {b => 6}, 'with weight 0: no new ones');
    talks($_, "one to $_->{node} goes on") for @open;
    take($plex, [b => $at{b}]);
    is_deeply(shares(names($plex, 6)), {b => 6}, 'when it is removed: no new ones');
    my ($to_a, @others) = sort { $a->{node} cmp $b->{node} } @open;
    goes_on_speaking($to_a, 4);
    is($to_a->how_ends(10), 'end', 'and is ended once it is silent');
    talks($others[-1], 'one to the other node goes on');
    eventually('the log says why', sub { $plex->log_text =~ /ended reason="node is taken out of use".* node=a/ });
    take($plex, [b => $at{b}, a => $at{a}]);
    is_deeply(shares(names($plex, 6)), {a => 3, b => 3}, 'it can come back');
    $_->close for @open;
    $plex->is_good;
};

subtest 'orders of an operator' => sub {
    my $socket = work_dir . '/status';
    my $plex = start_plex(log_level => 'debug', conf => conf([a => $at{a}, b => $at{b}], '')
                          . "status { socket = \"$socket\" }\n");
    my $post = sub { return http("unix:$socket", 'POST', "/api/v1/$_[0]")->{status} };
    my @open = map { open_one($plex) } 1 .. 2;
    my ($to_a) = grep { $_->{node} eq 'a' } @open;
    is($post->('nodes/f/a/drain'), 200, 'drain');
    ok(wait_for(5, sub { names($plex, 2) eq 'b b' }), 'no new connections');
    talks($to_a, 'the one that is there goes on');
    is($post->('nodes/f/a/maint'), 200, 'maint');
    is($to_a->how_ends(10), 'end', 'it is ended once it is silent');
    is($post->('nodes/f/a/ready'), 200, 'ready');
    ok(wait_for(5, sub { names($plex, 2) =~ /a/ }), 'it serves again');
    eventually('only one connection is left', sub { $plex->counters->{streams} == 1 });
    my $list = http_json("unix:$socket", '/api/v1/sessions')->{sessions};
    is(scalar(@$list), 1, 'one is listed');
    is_deeply([@{$list->[0]}{qw(farm listener state links_bound)}], ['f', 'l', 'carrying', 1], 'as what it is');
    cmp_ok($list->[0]{out}{bytes}, '>=', 2, 'with the octets that it has got');
    my %node = map { ($_->{name} => $_) } @{http_json("unix:$socket", '/api/v1/nodes')->{nodes}};
    is($node{b}{counts}{bytes_down} > 0 && $node{a}{counts}{bytes_up}, 6, 'nodes have theirs');
    is($post->("sessions/$list->[0]{id}/kick"), 200, 'kick');
    my ($other) = grep { $_ != $to_a } @open;
    is($other->how_ends, 'reset', 'it is ended');
    like(http_get("unix:$socket", '/metrics')->{body}, qr/^smpplex_node_bytes_down_total\{farm="f",node="b"\} \d+$/m,
         'the metrics have it, too');
    $plex->is_good;
};

for my $case (['close', 'reset', 'ended'], ['keep', 'open', 'left']) {
    my ($on_down, $how, $words) = @$case;
    subtest "on-down = $on_down: connections to a node that goes down are $words" => sub {
        my $server = named('x');
        my $plex = plex([x => [$server->addr, check_at($server)], b => $at{b}], "on-down = $on_down");
        my @open = map { open_one($plex) } 1 .. 4;
        $server->stop_listening;
        eventually('down', sub { $plex->log_text =~ m{f/x: up -> down} });
        is($_->how_ends($how eq 'open' ? 0.1 : 5), $how, "one to x: $how") for grep { $_->{node} eq 'x' } @open;
        talks($_, 'one to the other node goes on') for grep { $_->{node} eq 'b' } @open;
        is_deeply(shares(names($plex, 4)), {b => 4}, 'new ones go to the other');
        $_->close for @open;
        $plex->is_good;
        $server->stop;
    };
}

subtest 'a node that is killed' => sub {
    my $server = named('x');
    my $plex = plex([x => $server->addr, b => $at{b}]);
    my @open = map { open_one($plex) } 1 .. 6;
    $server->stop;
    isnt($_->how_ends, 'open', 'its connections are ended') for grep { $_->{node} eq 'x' } @open;
    is_deeply(shares(names($plex, 4)), {b => 4}, 'and not one new client sees that it is gone');
    eventually('the first vain attempt has its check hurry', sub { $plex->log_text =~ m{f/x: going down -> down by=check} });
    talks($_, 'one to the other node goes on') for grep { $_->{node} eq 'b' } @open;
    $_->close for @open;
    $plex->is_good;
};

subtest 'SIGTERM: what speaks goes on, what is silent is ended' => sub {
    my $plex = plex([a => $at{a}]);
    my ($speaks, $silent) = map { open_one($plex) } 1 .. 2;
    $plex->signal('TERM');
    eventually('no new connections', sub { !IO::Socket::INET->new(PeerAddr => $plex->addr) });
    goes_on_speaking($speaks, 3);
    is($silent->how_ends(1), 'end', 'a silent one is ended');
    $speaks->close;
    is($plex->wait_end(10), 0, 'and with the last smpplex ends');
    like($plex->log_text, qr/ended reason="shutdown"/, 'the log says why');
};

subtest 'SIGHUP under load' => sub {
    my $plex = plex([a => $at{a}, b => $at{b}]);
    my @pids = map {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            my $bad = 0;
            for (1 .. 150) {
                my $client = open_one($plex);
                $client->send("x\n");
                $bad++ if $client->{node} eq 'none' || ($client->line // '') ne "$client->{node} x";
                $client->close;
            }
            POSIX::_exit($bad);
        }
        $pid;
    } 1 .. 4;
    for my $round (1 .. 10) {
        take($plex, $round % 2 ? [c => [$at{c}, 'weight = 2'], a => $at{a}] : [a => $at{a}, b => $at{b}, c => $at{c}]);
    }
    my $bad = 0;
    for (@pids) { waitpid $_, 0; $bad += $? >> 8 }
    is($bad, 0, 'each of 600 connections is served');
    $plex->is_good;
};

done_testing();
