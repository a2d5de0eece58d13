#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The parts of a long message stay together, whatever way they come and whatever
# becomes of the nodes; all else is spread as if they were not there. What is said
# of nodes is what the nodes' own logs say.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;
use Smpplex::Test;

my @four = qw(a b c d);

# Reads logs into {sets => {KEY => {NODE => parts}}, parts => {NODE => n}, singles =>
# {NODE => n}, marks => {NUMBER => times}}.
sub placed {
    my (@sims) = @_;
    my %seen = map { $_ => {} } qw(sets parts singles marks);
    my %done;

    for my $file (grep { !$done{$_}++ } map { $_->{log} } @sims) {
        open my $log, '<', $file or next;
        while (my $line = <$log>) {
            my ($node, $who, $from, $to, undef, undef, $kind, $ref, $total, undef, $hex) =
                split /\t/, $line;
            $seen{marks}{$1}++ if pack('H*', $hex // '') =~ /load-(\d+)/;
            if ($kind eq '-') {
                $seen{singles}{$node}++;
            } else {
                $seen{parts}{$node}++;
                $seen{sets}{"$who $from $to $kind $ref $total"}{$node}++;
            }
        }
    }
    return \%seen;
}

# The sets that are on several nodes.
sub split_sets {
    my ($seen) = @_;
    return grep { keys %$_ > 1 } values %{$seen->{sets}};
}

# By how much the one that is farthest off is off its even share.
sub unevenness {
    my ($shares, $nodes) = @_;
    my ($all, $worst) = (0, 0);
    $all += $_ // 0 for @$shares{@$nodes};
    for my $n (map { $_ // 0 } @$shares{@$nodes}) {
        my $off = abs($n - $all / @$nodes) / ($all / @$nodes);
        $worst = $off if $off > $worst;
    }
    return $worst;
}

sub plex_for {
    my ($sims, %given) = @_;
    my %addr = map { my $sim = $_; map { ($_ => $sim->addr($_)) } grep { $_ ne 'control' }
                     @{$sim->{names}} } @$sims;
    my @names = @{$given{order} // [sort keys %addr]};
    return start_plex(conf => conf_text(farm => $given{farm}, listener => $given{listener},
                                        nodes => [map { [$_, $addr{$_}] } @names]));
}

# The table's own counters.
sub set_counters {
    my ($plex) = @_;
    my $before = () = $plex->log_text =~ /f: counters sets=[^\n]*\n/g;
    $plex->counters;
    wait_for(5, sub { (() = $plex->log_text =~ /f: counters sets=[^\n]*\n/g) > $before });
    my ($line) = $plex->log_text =~ /.*f: counters (sets=[^\n]*)/s;
    return {map { split /=/ } split ' ', $line // ''};
}

my @long = qw(--long 50 --parts 2-10 --concat mix --parts-over several --shuffle --mark --id-check);

sub is_whole {
    my ($report, $n) = @_;
    is($report->{accepted}, $n, 'every message is accepted');
    is($report->{unanswered} + $report->{duplicate_responses} + $report->{unexpected_responses}, 0,
       'each has one response');
    is($report->{message_ids}{duplicate}, 0, 'no message_id comes twice');
    return;
}

#
# A submit_sm with what is given: from, to, esm, replace, text, tlvs, part => [REF, TOTAL, PART].
#
sub submit {
    my ($number, %given) = @_;
    my $text = $given{text} // 'text';
    my $esm = $given{esm} // 0;

    if (my $part = $given{part}) {
        $text = pack('CCCnCC', 6, 8, 4, @$part) . $text;
        $esm |= 0x40;
    }
    return pdu('submit_sm', 0, $number,
               pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', '', 1, 1, $given{from} // 'raw', 1, 1,
                    $given{to} // '46701', $esm, 0, 0, '', '', 0, $given{replace} // 0, 0, 0, $text)
               . ($given{tlvs} // ''));
}

# Sends all, and returns how often each status came.
sub send_all {
    my ($client, @pdus) = @_;
    my %status;

    while (my @batch = splice @pdus, 0, 500) {
        $client->send(join '', @batch) or last;
        for (@batch) {
            my $resp = $client->read_until('submit_sm_resp', 20) or last;
            $status{$resp->{status}}++;
        }
    }
    return \%status;
}

# Two raw nodes and a client that is bound to both.
sub two_raw {
    my (%farm) = @_;
    my @doors = map { Smpplex::Peer->listen } 1 .. 2;
    my $plex = start_plex(conf => conf_text(
        farm => {reconnect => '60s', 'reconnect-max' => '60s', 'message-id' => 'learn', %farm},
        nodes => [['a', $doors[0]->addr], ['b', $doors[1]->addr]]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my @nodes = map { $_->accept_bind } @doors;
    $client->read;
    return ($plex, $client, @nodes);
}

# --- placing

my $many = $ENV{SMPPLEX_LONG} ? 2_000_000 : 200_000;

for my $balance (qw(round-robin least-pending)) {
    subtest "$balance: $many messages over 20 sessions of 2 accounts, half of them parts" => sub {
        my $sim = start_sim(map({ "$_=0" } @four), {text => 24});
        my $plex = plex_for([$sim], farm => {balance => $balance});
        my $report = run_load('-t', $plex->addr, '-c', 20, '-a', 2, '-n', $many, '-w', 50, @long,
                              '--long', 15);
        is_whole($report, $many);
        my $seen = placed($sim);
        is(scalar(keys %{$seen->{sets}}), $report->{long_messages},
           "$report->{long_messages} long messages");
        is(scalar(split_sets($seen)), 0, 'none of them is on two nodes');
        my ($singles, $parts) = map { unevenness($seen->{$_}, \@four) } qw(singles parts);
        my $limit = $balance eq 'round-robin' ? 0.01 : 0.1;
        cmp_ok($singles, '<', $limit, sprintf 'singles are even within %.2f %%', 100 * $singles);
        cmp_ok($parts, '<', 0.1, sprintf 'parts are even within %.2f %%', 100 * $parts);
        my $counters = $plex->counters;
        is($counters->{sets_placed}, $report->{long_messages}, 'each was placed once');
        is($counters->{sets_moved}, 0, 'and none moved');
        $plex->is_good;
        drop($sim);
    };
}

subtest 'nodes are killed and come back: what is left of a long message goes on together' => sub {
    my %sims = map { $_ => start_sim("$_=0,latency=exp:2ms", {text => 24}) } @four;
    my @all = values %sims;
    my $plex = plex_for([values %sims], farm => {reconnect => '100ms', 'reconnect-max' => '200ms'});
    my $load = start_load('-t', $plex->addr, '-c', 20, '-a', 2, '-n', 1_000_000, '-d', '300s', '-w', 20,
                          '-r', 8000, @long, '--timeout', '60s');
    for my $node (qw(b c)) {
        my $addr = $sims{$node}->addr($node);
        eventually("node $node is at work", sub { -s $sims{$node}{log} > 100_000 }, 20);
        is($sims{$node}->end('KILL'), 'signal 9', 'it is killed');
        my $lost = $node eq 'b' ? 20 : 40;
        eventually('its links are lost', sub { $plex->counters->{links_lost} >= $lost }, 10);
        push @all, $sims{$node} = start_sim("$node=$addr,latency=exp:2ms", {text => 24});
        links_are_bound($plex, 80 + $lost, 'back again, it is bound by all');
        eventually('and at work', sub { $sims{$node}->messages > 3000 }, 20);
    }
    my $report = $load->stop;
    my $n = $report->{sent};
    is($report->{accepted}, $n, 'every message is accepted');
    is($report->{unanswered} + $report->{duplicate_responses} + $report->{unexpected_responses}, 0,
       'each has one response');
    my $seen = placed(@all);
    is(scalar(keys %{$seen->{marks}}), $n, 'each is in a node\'s log');
    my $counters = $plex->counters;
    my $twice = grep { $_ > 1 } values %{$seen->{marks}};
    cmp_ok($twice, '<=', $counters->{in_doubt}, "$twice twice: no more than were in doubt");
    my @split = split_sets($seen);
    cmp_ok(scalar(@split), '<=', $counters->{sets_moved},
           @split . " long messages were parted, $counters->{sets_moved} have moved");
    is(scalar(grep { !$_->{b} && !$_->{c} } @split), 0, 'all of them by a node that was killed');
    is(scalar(grep { keys %$_ > 2 } @split), 0, 'what followed is on one node');
    $plex->is_good;
    drop(values %sims);
};

subtest 'concat-place = hash: two machines agree, whatever the order in their files' => sub {
    my $sim = start_sim(map({ "$_=0" } @four), {text => 24});
    my @plex = map { plex_for([$sim], order => $_, farm => {'concat-place' => 'hash'}) }
        [qw(a b c d)], [qw(c a d b)];
    my $n = 60_000;
    my $report = run_load((map { ('-t', $_->addr) } @plex), '-c', 8, '-a', 2, '-n', $n, '-w', 50,
                          grep { $_ ne '--id-check' } @long);
    is($report->{accepted}, $n, 'every message is accepted');
    my $seen = placed($sim);
    is(scalar(keys %{$seen->{sets}}), $report->{long_messages},
       "$report->{long_messages} long messages");
    is(scalar(split_sets($seen)), 0, 'none of them is on two nodes');
    my @placed = map { $_->counters->{sets_placed} } @plex;
    cmp_ok($placed[0] + $placed[1], '>', 1.5 * $report->{long_messages}, 'most went over both');
    cmp_ok(unevenness($seen->{parts}, \@four), '<', 0.1, 'parts are spread over the nodes');
    $_->is_good for @plex;
    drop($sim);
};

subtest 'the parts of one message over two sessions; another account has its own' => sub {
    my ($plex, $client, @nodes) = two_raw();
    $client->send(submit(1, part => [9, 3, 2]));
    my $got = $nodes[0]->read;
    ok($got, 'the first that comes is on node a');
    $nodes[0]->answer($got, 0, "x\0");
    $client->send(submit(2) . submit(4) . submit(3, part => [9, 3, 1]));
    ok($_->read, 'a single one is on each node') for @nodes;
    like($nodes[0]->read->{body}, qr/\x06\x08\x04\x00\x09\x03\x01/, 'the next part on a again');
    $_->close for $client, @nodes;
    $plex->is_good;
};

# --- order and windows

subtest 'a part that waits for its node\'s window holds up nothing else' => sub {
    my ($plex, $client, @nodes) = two_raw(window => 5);
    $client->send(join '', map { submit($_, part => [1, 20, $_]) } 1 .. 12);
    my @open = map { $nodes[0]->read } 1 .. 5;
    ok($open[4], 'five parts are at their node');
    $client->send(join '', map { submit(100 + $_, text => "single $_") } 1 .. 40);
    for my $i (1 .. 40) {
        my $got = $nodes[1]->read or last;
        like($got->{body}, qr/single $i$/, "single $i passes") if $i % 10 == 0;
        $nodes[1]->answer($got, 0, "b\0");
    }
    is_deeply([map { $client->read->{number} } 1 .. 40], [101 .. 140], 'and is answered');
    ok($nodes[0]->silent(0.1), 'the node of the parts has no more than its window');
    is($plex->counters->{waited}, 7, 'seven wait');
    my @parts = (1 .. 5);
    while (my $next = shift @open) {
        $nodes[0]->answer($next, 0, "a\0");
        my $got = @parts < 12 ? $nodes[0]->read : undef;
        push @open, $got if $got;
        push @parts, ord $1 if $got && $got->{body} =~ /\x06\x08\x04\x00\x01\x14(.)/s;
    }
    is_deeply(\@parts, [1 .. 12], 'they come in their order, all to the one node');
    is_deeply([map { $client->read->{number} } 1 .. 12], [1 .. 12], 'and are answered');
    $_->close for $client, @nodes;
    $plex->is_good;
};

subtest 'a full window of a slow node: sets keep to it, the rest goes on' => sub {
    my $sim = start_sim('a=0,latency=50ms', 'b=0', 'c=0', {text => 24});
    my $plex = plex_for([$sim], farm => {window => 5}, listener => {hold => '16M'});
    my $report = run_load('-t', $plex->addr, '-c', 4, '-n', 4000, '-w', 200, @long, '--long', 3);
    is_whole($report, 4000);
    my $seen = placed($sim);
    is(scalar(split_sets($seen)), 0, 'no long message is on two nodes');
    cmp_ok($plex->counters->{waited}, '>', 0, 'parts had to wait');
    $plex->is_good;
    drop($sim);
};

subtest 'a client that had to wait for one node is read again' => sub {
    my $sim = start_sim('a=0,latency=2ms', 'b=0,latency=2ms');
    my $plex = plex_for([$sim], farm => {balance => 'destination', window => 5},
                        listener => {hold => '4KiB'});
    my $report = run_load('-t', $plex->addr, '-n', 3000, '-w', 500, '--destinations', 1,
                          '--timeout', '10s');
    is($report->{accepted}, 3000, 'all is accepted');
    cmp_ok($plex->counters->{waited}, '>', 2000, 'most had to wait');
    $plex->is_good;
    drop($sim);
};

subtest 'balance = destination: one node for each, and in order' => sub {
    my $sim = start_sim(map({ "$_=0" } @four), {text => 24});
    my $plex = plex_for([$sim], farm => {balance => 'destination', window => 20});
    my $report = run_load('-t', $plex->addr, '-n', 40_000, '-w', 200, '--destinations', 500, '--mark');
    is($report->{accepted}, 40_000, 'every message is accepted');
    my (%node, %last, %shares, $wrong);
    for my $message ($sim->messages) {
        my ($mark) = pack('H*', $message->[10]) =~ /load-(\d+)/;
        my $to = $message->[3];
        $wrong++ if ($node{$to} // $message->[0]) ne $message->[0] || $mark <= ($last{$to} // -1);
        ($node{$to}, $last{$to}) = ($message->[0], $mark);
        $shares{$message->[0]}++;
    }
    is($wrong // 0, 0, 'no message to one destination is elsewhere or before its turn');
    is(scalar(keys %shares), 4, 'all nodes are at work');
    $plex->is_good;
    drop($sim);
};

subtest 'messages with replace_if_present_flag find the one that they replace' => sub {
    my $sim = start_sim(map({ "$_=0" } @four));
    my $plex = plex_for([$sim]);
    my @clients = map { Smpplex::Peer->bound($plex->addr) } 1 .. 2;
    my %node;
    for my $round (1 .. 4) {
        my $status = send_all($clients[$round % 2],
                              map { submit($_, replace => 1, to => "4670$_") } 1 .. 300);
        is($status->{0}, 300, "round $round is accepted");
    }
    $node{$_->[3]}{$_->[0]}++ for $sim->messages;
    is(scalar(keys %node), 300, '300 destinations');
    is(scalar(grep { keys %$_ != 1 } values %node), 0, 'each on one node');
    is(scalar(keys %{$sim->shares}), 4, 'and spread over all');
    is($plex->counters->{replacing}, 1200, 'they are counted');
    $_->close for @clients;
    $plex->is_good;
    drop($sim);
};

# --- loss

subtest 'concat-loss = refuse: what is left is refused, so that all is sent anew' => sub {
    my ($plex, $client, @nodes) = two_raw('concat-loss' => 'refuse');
    $client->send(submit(1, part => [1, 4, 1]));
    $nodes[0]->answer($nodes[0]->read, 0, "x\0");
    is($client->read->{status}, 0, 'the first part is accepted');
    $client->send(submit(2, part => [1, 4, 2]));
    ok($nodes[0]->read, 'the second is open when the node is lost');
    $nodes[0]->reset;
    my $resp = $client->read;
    is_deeply([@$resp{qw(status number)}], [0x45, 2], 'it is refused with ESME_RSUBMITFAIL');
    $client->send(submit(3, part => [1, 4, 3]));
    $resp = $client->read;
    is_deeply([@$resp{qw(status number)}], [0x45, 3], 'and so is the third');
    ok($nodes[1]->silent(0.1), 'the other node saw nothing of it');
    $client->send(submit(4, part => [2, 4, 1]));
    ok($nodes[1]->read, 'under a new reference it is taken there');
    is($plex->counters->{sets_refused}, 2, 'two are counted');
    $_->close for $client, $nodes[1];
    $plex->is_good;
};

subtest 'concat-loss = move: what was open and what is left goes to one other node' => sub {
    my ($plex, $client, @nodes) = two_raw();
    $client->send(submit(1, part => [1, 4, 1]) . submit(2, part => [1, 4, 2]));
    $nodes[0]->read for 1 .. 2;
    $nodes[0]->reset;
    $client->send(submit(3, part => [1, 4, 3]) . submit(4, part => [1, 4, 4]));
    my @got = map { $nodes[1]->read } 1 .. 4;
    is_deeply([map { $_ && $_->{body} =~ /\x06\x08\x04\x00\x01\x04(.)/s ? ord $1 : 0 } @got],
              [1 .. 4], 'all four are there, in order');
    $nodes[1]->answer($_, 0, "b\0") for @got;
    is_deeply([map { $client->read->{number} } 1 .. 4], [1 .. 4], 'and answered');
    is($plex->counters->{sets_moved}, 1, 'one has moved');
    $_->close for $client, $nodes[1];
    $plex->is_good;
};

subtest 'a link that doesn\'t come back though others have the node: the set moves as one' => sub {
    my @doors = map { Smpplex::Peer->listen } 1 .. 3;
    my $plex = start_plex(conf => conf_text(
        farm => {reconnect => '60s', 'reconnect-max' => '60s', 'message-id' => 'learn',
                 'queue-timeout' => '300ms'},
        nodes => [map { ["n$_", $doors[$_]->addr] } 0 .. 2]));
    my (@clients, @nodes);
    for my $i (0 .. 1) {
        push @clients, Smpplex::Peer->connect($plex->addr);
        $clients[$i]->send(bind_pdu('transceiver', 1));
        $nodes[$i] = [map { $_->accept_bind } @doors];
        $clients[$i]->read;
    }
    $clients[0]->send(submit(1, part => [1, 9, 1]));
    $nodes[0][0]->answer($nodes[0][0]->read, 0, "x\0");
    is($clients[0]->read->{status}, 0, 'the first part is on a node');
    $nodes[0][0]->reset;
    eventually('this session has lost its link to it', sub { $plex->counters->{links_lost} == 1 });
    $clients[0]->send(join '', map { submit($_, part => [1, 9, $_]) } 2 .. 6);
    my $rest = wait_for(5, sub { (grep { $_->fill(time) || length $_->{in} } @{$nodes[0]}[1, 2])[0] });
    ok($rest, 'after queue-timeout they go to another') or return;
    my @got = map { $rest->read } 2 .. 6;
    is(scalar(grep { $_ } @got), 5, 'all of them to the same');
    is($plex->counters->{sets_moved}, 1, 'it has moved once');
    $_->close for @clients;
    $plex->is_good;
};

subtest 'a node dies under the last session of an account, which is leaving' => sub {
    my $door = Smpplex::Peer->listen;
    my $plex = start_plex(conf => conf_text(farm => {redispatch => 'none'},
                                            nodes => [['a', $door->addr]]));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    my $node = $door->accept_bind;
    $client->read;
    $client->send(submit(1, part => [1, 2, 1]) . pdu('unbind', 0, 2));
    $node->read;
    $node->reset;
    is($client->read->{status}, status('RTHROTTLED'), 'what was open is answered');
    is($client->read->{number}, 2, 'and then the unbind');
    $plex->is_good;
};

# --- bounds

subtest 'concat-max: a hundred thousand messages that never end' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my ($max, $n) = (1000, 100_000);
    my $plex = plex_for([$sim], farm => {'concat-max' => $max});
    my $client = Smpplex::Peer->bound($plex->addr);
    my $part = sub { submit($_, part => [$_ & 0xFFFF, 2, 1], to => '4670' . ($_ >> 16)) };
    is(send_all($client, map { $part->() } 1 .. 2000)->{0}, 2000, 'the first are accepted');
    my ($memory, $rss) = ($plex->counters->{memory}, $plex->rss);
    is(send_all($client, map { $part->() } 2001 .. $n)->{0}, $n - 2000, 'all others too');
    my $counters = set_counters($plex);
    is($counters->{sets}, $max, "$max are kept");
    is($counters->{sets_begun}, $n, 'all were begun');
    is($counters->{sets_evicted}, $n - $max, 'the rest was evicted');
    is($plex->counters->{memory}, $memory, 'no memory was added');
    SKIP: {
        skip 'memory says nothing under a sanitizer', 1 if sanitized();
        cmp_ok($plex->rss - $rss, '<', 500, 'nor by what the system says');
    }
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'concat-ttl: what is not finished is forgotten, concat-linger: and what is' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for([$sim], farm => {'concat-ttl' => '5s', 'concat-linger' => '100ms'});
    my $client = Smpplex::Peer->bound($plex->addr);
    is(send_all($client, map { submit($_, part => [$_, 2, 1]) } 1 .. 300)->{0}, 300, '300 begin');
    is(send_all($client, map { submit($_, part => [$_, 2, 2]) } 1 .. 100)->{0}, 100, '100 end');
    my $counters;
    eventually('all are forgotten', sub {
        $counters = set_counters($plex);
        $counters->{sets} == 0;
    });
    is($counters->{sets_expired}, 200, 'the 200 that did not end are counted');
    is($counters->{sets_evicted}, 0, 'none was evicted');
    my $placed = $plex->counters->{sets_placed};
    send_all($client, submit(1, part => [200, 2, 2]));
    is($plex->counters->{sets_placed}, $placed + 1, 'a part that comes later is placed anew');
    $client->close;
    eventually('nothing of it is left', sub { $plex->counters->{sessions} == 0 });
    eventually('no memory either', sub { set_counters($plex); $plex->counters->{memory} == 0 });
    $plex->is_good;
    drop($sim);
};

subtest 'marks that lie: single messages, and counted' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for([$sim]);
    my $client = Smpplex::Peer->bound($plex->addr);
    my %udh = (
        'no text at all' => '', 'empty' => "\0text", 'longer than the text' => "\x20\0\3\1\2\1",
        'an element longer than it' => "\5\0\x09\1\2\1text", 'total 0' => "\5\0\3\1\0\1text",
        'part 0' => "\5\0\3\1\2\0text", 'part above total' => "\5\0\3\1\2\3text",
        '16 bits, part above total' => "\6\x08\4\0\1\2\3text", 'cut' => "\2\0\3text",
    );
    my %sar = (
        'no total' => tlv(0x20C, "\0\1") . tlv(0x20F, "\1"),
        'part above total' => tlv(0x20C, "\0\1") . tlv(0x20E, "\2") . tlv(0x20F, "\3"),
    );
    my @honest = (submit(50, text => "\5\0\3\1\1\1text", esm => 0x40),       # one of one
                  submit(51, text => "\6\5\4\1\2\3\4text", esm => 0x40));   # ports
    my @lies = ((map { submit(1, text => $udh{$_}, esm => 0x40) } sort keys %udh),
                (map { submit(1, tlvs => $sar{$_}) } sort keys %sar));
    is(send_all($client, @lies, @honest)->{0}, @lies + @honest, 'all are accepted');
    my $counters = $plex->counters;
    is($counters->{marks_malformed}, scalar(@lies), @lies . ' lies are counted');
    is($counters->{parts}, 0, 'and none is a part');
    my $shares = $sim->shares;
    cmp_ok(abs($shares->{a} - $shares->{b}), '<=', 1, 'they are spread like single ones');
    $client->close;
    $plex->is_good;
    drop($sim);
};

done_testing();
