#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# smpplexctl against a running smpplex: what it shows is what the API says, what it orders is
# done, as the nodes' own logs tell, and its exit status says how it went.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use POSIX ();
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Test;

my $socket = work_dir . '/ctl.sock';
my $token_file = work_dir . '/token';
my ($out, $err) = map { work_dir . "/ctl.$_" } qw(stdout stderr);

sub file {
    my ($path, $text) = @_;
    open my $handle, '>', $path or die "$path: $!";
    print $handle $text;
    close $handle;
    return $path;
}

# Runs it; exit status, stdout, stderr.
sub ctl {
    my (@args) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out;
        open STDERR, '>', $err;
        exec "$ENV{SMPPLEX_BIN}/smpplexctl", @args;
    }
    waitpid $pid, 0;
    return ($? >> 8, Smpplex::Test::slurp($out), Smpplex::Test::slurp($err));
}

sub here { return ctl('-s', $socket, @_) }

# A line of a table, by its first word, as a hash by the heads.
sub row {
    my ($text, $first) = @_;
    my ($head, @lines) = grep { /\S/ } split /\n/, $text;
    my ($line) = grep { /^\s*\Q$first\E\s/ } @lines or return {};
    my @fields = split ' ', $line;
    my %row;
    @row{split ' ', $head} = @fields;
    return \%row;
}

file($token_file, "a-token-of-24-characters\n");
my @names = qw(a b c);
my %sims = map { $_ => start_sim("$_=0,latency=2ms", {text => 16}) } @names;
my $text = conf_text(
    farm => {reconnect => '100ms', 'reconnect-max' => '200ms', grace => '20s'},
    nodes => [map { [$_, $sims{$_}->addr($_)] } @names])
    . "status {\n    address = \"127.0.0.1:0\"\n    socket = \"$socket\"\n    token-file = \"$token_file\"\n}\n";
my $two = $text . 'farm g { node a { address = "' . $sims{a}->addr('a') . "\" } }\n"
    . "listener other { address = \"127.0.0.1:0\"  farm = g }\n";
$two =~ s/^(listener smpp \{)/$1\n    farm = f/m;
my $plex = start_plex(conf => $two);
my $addr = $plex->addr('status');
my $smpp = $plex->addr('smpp');
my $load = start_load('-t', $smpp, '--account', 'acme:secret', '-c', 3, '-w', 20, '-r', 300, '-d', '600s', '--any-status');
my $odd = Smpplex::Peer->bound($smpp, id => 'odd');
eventually('all are bound', sub { $plex->counters->{sessions_bound} == 4 });

subtest 'how it is used' => sub {
    my ($status, $said, $complaint) = ctl('--help');
    is($status, 0, '--help');
    like($said, qr/^  drain +NODE +/m, 'tells the commands');
    is((ctl('--version'))[0], 0, '--version');
    for my $args ([], ['bogus'], ['drain'], ['drain', 'a', 'b'], ['nodes', 'x'], ['--bogus'], ['-n', 'x', 'sessions'],
                  ['weight', 'f/a', '257'], ['weight', 'f/a', '-1'], ['weight', 'f/a', 'x'], ['kick', 'x'],
                  ['drain', 'f/'], ['drain', 'f/a/b'], ['-i', '0', 'top'], ['--token-file', '/no/such', 'status']) {
        ($status, $said, $complaint) = here(@$args);
        is($status, 2, "'@$args' is wrong usage");
        like($complaint, qr/^smpplexctl: /m, 'and it says so');
    }
    is((ctl('-s', 'no.such.host.invalid:1', 'status'))[0], 2, 'an address that is none');
};

subtest 'who cannot be reached' => sub {
    my ($status, $said, $complaint) = ctl('-s', work_dir . '/none.sock', 'status');
    is($status, 3, 'no socket: 3');
    like($complaint, qr/cannot reach smpplex at .*none\.sock: No such file/, 'and why');
    unlike($complaint, qr/-s names/, 'who said where is not told how to');
    is((ctl('-s', '127.0.0.1:1', 'drain', 'f/a'))[0], 3, 'no port: 3');
    is((ctl('-s', $smpp, 'nodes'))[0], 3, 'a port that speaks no HTTP: 3');
};

subtest 'what it shows is what the API says' => sub {
    for my $list (qw(farms nodes sessions accounts listeners events status)) {
        my ($status, $said) = here($list);
        is($status, 0, $list);
        like($said, qr/\S/, 'is shown');
        unlike($said, qr/\e/, 'without colours');
        my $path = "/api/v1/$list" . ($list =~ /sessions|accounts/ ? '?limit=500' : '');
        my ($ours, $theirs);
        # figures go on: until both were taken at the same moment, but for times
        eventually("$list --json is the API's answer", sub {
            $theirs = http_get("unix:$socket", $path)->{body};
            $ours = (here('--json', $list))[1];
            s/"(?:now|at|uptime_seconds|requests|age_seconds|idle_seconds|bytes|responses|pending|held_bytes|open)": [^\n]*//g for $ours, $theirs;
            s/"(?:counters|counts|statuses|latency|per_second)": \{[^}]*\}//g for $ours, $theirs;
            s/"(?:buffer_bytes|took_ms|since|order_since|loaded|started)": [^\n]*//g for $ours, $theirs;
            $ours eq $theirs && decode_json((here('-j', $list))[1]);
        });
    }
    my ($status, $said) = here('nodes');
    my $row = row($said, 'f/a');
    is("$row->{STATE} $row->{LINKS} $row->{WEIGHT} $row->{ADDRESS}", 'up 4/4 1 ' . $sims{a}->addr('a'), 'a node');
    my @starts = map { index $_, '127.0.0.1:' } grep { /127\.0\.0\.1/ } split /\n/, $said;
    is(scalar(@starts), 4, 'four nodes');
    is((grep { $_ != $starts[0] } @starts) + 0, 0, 'in aligned columns');
    is(() = (here('nodes', '-F', 'g'))[1] =~ /^g\/a/mg, 1, "one farm's");
    unlike((here('nodes', '-F', 'g'))[1], qr{f/}, 'and no other');
    is(row((here('sessions', '-a', 'odd'))[1] =~ s/^ *(\S+) +(\S+)/$2 $1/mgr, 'odd')->{BIND}, 'transceiver', "an account's session");
    is(() = (here('sessions', '-n', '2'))[1] =~ /transceiver/g, 2, 'a part of the sessions');
    is(() = (here('sessions', '--offset', '3'))[1] =~ /transceiver/g, 1, 'and another');
    is(row((here('accounts'))[1], 'acme')->{SESSIONS}, 3, 'an account');
    is(row((here('listeners'))[1], 'smpp')->{ADDRESS}, $smpp, 'a listener');
    is(row((here('farms'))[1], 'f')->{BALANCE} && 1, 1, 'a farm');
    like((here('status'))[1], qr/\Aall nodes are up\n/, 'all is well');
    is((ctl('-s', $addr, 'status'))[0], 0, 'over TCP too');
};

# Returns how many it has.
sub takes_no_more {
    my ($node, $other) = @_;
    return stays("$node takes no new message while $other does", sub { scalar $sims{$node}->messages },
                 sub { scalar $sims{$other}->messages }, 100);
}

subtest 'drain, ready, maint and weight are done' => sub {
    my ($status, $said, $complaint) = here('drain', 'a');
    is($status, 1, 'a name that two farms have');
    like($complaint, qr{2 farms have a node a: say FARM/a}, 'is asked about');
    is((here('drain', 'f/zz'))[0], 1, 'a node that is not there');
    is((here('drain', 'zz'))[0], 1, 'in no farm');

    ($status, $said) = here('drain', 'b');
    is("$status $said", "0 node f/b: drain\n", 'drain, by the name alone');
    my $mark = takes_no_more('b', 'c');
    is(row((here('nodes'))[1], 'f/b')->{STATE}, 'drained', 'and is shown so');
    is($sims{b}->stats('b')->{sessions}{transceiver}, 4, 'its links stay');
    like((here('status'))[1], qr{^f/b drained since}m, 'status tells of it');

    is((here('ready', 'f/b'))[0], 0, 'ready');
    eventually('takes messages again', sub { $sims{b}->messages > $mark + 50 });

    is((here('maint', 'f/c'))[0], 0, 'maint');
    eventually('its links go', sub { $sims{c}->stats('c')->{sessions}{transceiver} == 0 });
    $mark = takes_no_more('c', 'a');
    is((here('ready', 'f/c'))[0], 0, 'ready');
    eventually('takes messages again', sub { $sims{c}->messages > $mark + 50 });

    is((here('weight', 'f/a', 8))[0], 0, 'weight');
    is(row((here('nodes'))[1], 'f/a')->{WEIGHT}, 8, 'is shown');
    my %before = map { ($_ => scalar $sims{$_}->messages) } qw(a b);
    eventually('and followed', sub {
        my ($a, $b) = map { scalar($sims{$_}->messages) - $before{$_} } qw(a b);
        $a > 150 && $a > 5 * $b;
    });
    is((here('weight', 'f/a', 1))[0], 0, 'and back');
};

subtest 'who may' => sub {
    my ($status, $said, $complaint) = ctl('-s', $addr, 'drain', 'f/a');
    is($status, 1, 'over TCP, without a token: 1');
    like($complaint, qr/refused: a bearer token is needed/, 'and why');
    is((ctl('-s', $addr, '--token-file', $token_file, 'ready', 'f/a'))[0], 0, 'with it: 0');
    is((ctl('-s', $addr, '--token-file', file(work_dir . '/wrong', "a-token-of-24-character5\n"), 'ready', 'f/a'))[0], 1,
       'a wrong one: 1');
};

subtest 'kick and reload' => sub {
    my ($id) = (here('sessions', '-a', 'odd'))[1] =~ /^ *(\d+) +odd/m;
    is((here('kick', "c$id"))[0], 0, 'a session is kicked');
    ok($odd->read_until('unbind', 10), 'and unbound');
    $odd->close;
    is((here('kick', 999999))[0], 1, 'one that is not there');
    is((here('reload'))[0], 0, 'reload');
    $plex->write_conf("$two\nfoo = 1\n");
    my ($status, $said, $complaint) = here('reload');
    is($status, 1, 'a bad file is refused');
    like($complaint, qr/unknown keyword 'foo'/, 'and why is told');
    my $answer = decode_json((here('--json', 'weight', 'f/a', 1))[1]);
    ok($answer->{done}, '--json of an order');
};

subtest 'events as they come' => sub {
    my $follow = Smpplex::Test::spawn(bless({}, 'Smpplex::Test'), 'smpplexctl', '-s', $socket, 'events', '-f');
    my $lines = Smpplex::Test::spawn(bless({}, 'Smpplex::Test'), 'smpplexctl', '-s', $socket, 'events', '-f', '--json');
    eventually('the old ones', sub { $follow->stdout_text =~ /smpplex  started/ });
    my ($port) = $sims{c}->addr('c') =~ /(\d+)$/;
    $sims{c}->end('KILL');
    eventually('a node goes down', sub { $follow->stdout_text =~ m{ f/c  .*-> down: \S} });
    eventually('as JSON, a line each', sub {
        grep { $_->{who} eq 'f/c' && $_->{to} eq 'down' } map { eval { decode_json($_) } || {} } split /\n/, $lines->stdout_text;
    });
    like((here('status'))[1], qr{\Af/c DOWN since [-0-9]+ [:0-9]+ \(\d+s\): \S}, 'status says so first, since when and why');
    is((here('status'))[0], 0, 'there are others: 0');
    $sims{c} = start_sim("c=$port", {text => 16});
    eventually('and comes back', sub { $follow->stdout_text =~ m{-> down.* f/c  .*-> up}s });
    drop($follow, $lines);
};

subtest 'top' => sub {
    my ($status, $said) = here('top');
    is($status, 0, 'where there is no terminal');
    like($said, qr/^NODE +STATE/m, 'shows it once');
    my $command = "stty rows 10 cols 50 && exec $ENV{SMPPLEX_BIN}/smpplexctl -s $socket top -i 0.2";
    my $pid = open my $keys, '|-', 'script', '-qec', $command, work_dir . '/top.script' or die "script: $!";
    eventually('on one, again and again', sub { (() = Smpplex::Test::slurp(work_dir . '/top.script') =~ /\e\[H/g) > 3 });
    my ($screen) = Smpplex::Test::slurp(work_dir . '/top.script') =~ /\e\[H.*\e\[H(.*?)\e\[J/s;
    my @lines = split /\r*\n/, $screen;
    is((grep { length(s/\e\[[0-9;]*[A-Za-z]|\r//gr) > 50 } @lines) + 0, 0, 'no line is wider than it');
    cmp_ok(scalar(@lines), '<=', 10, 'nor are there more than fit');
    like($screen, qr/\e\[32m/, 'in colours');
    syswrite $keys, 'q';
    eventually('q ends it', sub { waitpid($pid, POSIX::WNOHANG()) == $pid });
    like(Smpplex::Test::slurp(work_dir . '/top.script'), qr/\e\[\?1049l/, 'and the screen is as before');
    local $ENV{NO_COLOR} = 1;
    system "script -qec '$ENV{SMPPLEX_BIN}/smpplexctl -s $socket nodes' /dev/null >$out </dev/null";
    unlike(Smpplex::Test::slurp($out), qr/\e/, 'NO_COLOR is honoured');
};

subtest 'a farm without a node' => sub {
    my ($port) = $sims{a}->addr('a') =~ /(\d+)$/;
    $sims{a}->end('KILL');
    eventually('status ends with 4', sub { (here('status'))[0] == 4 }, 15);
    like((here('status'))[1], qr/^farm g: NO NODE IS UP$/m, 'and says which');
    is((here('nodes'))[0], 0, 'others end with 0');
    $sims{a} = start_sim("a=$port", {text => 16});
    eventually('until it has one', sub { (here('status'))[0] == 0 }, 15);
};

$load->end('TERM');
$plex->is_good;
done_testing;
