#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# A trace shows the PDUs of one account as they pass, with the numbers that they have on both sides,
# never a password, a text only where it is asked for; it costs a bounded amount, whoever reads it
# and however, and ends with its reader.
use strict;
use warnings;
use JSON::PP;
use JSON::Validator;
use Test::More;
use POSIX ();
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Peer;
use Smpplex::Test;

my $socket = work_dir . '/ctl.sock';
my $schema = JSON::Validator->new->schema("file://$ENV{SMPPLEX_SRC}/docs/openapi.yaml")->schema;
my $serial = 0;

# What is not as docs/openapi.yaml says.
sub errors {
    my ($line) = @_;
    return join ' ', $schema->validate_response([get => '/api/v1/trace', 200],
        {body => sub { {exists => 1, value => $line, content_type => 'application/x-ndjson'} }});
}
isnt(errors({kind => 'lost', worker => 0, records => 1}), '', 'the description says no to what is wrong');

sub status_text { return "status {\n    address = \"127.0.0.1:0\"\n    socket = \"$socket\"\n" . ($_[0] // '') . "}\n" }

sub plex_for {
    my ($farm, $nodes, %given) = @_;
    return start_plex(conf => conf_text(
        top => $given{top}, listener => $given{listener}, nodes => $nodes,
        farm => {reconnect => '50ms', 'reconnect-max' => '100ms', %$farm}) . status_text($given{status}));
}

# A trace that is read by hand; what it was answered where that is no trace.
sub trace {
    my ($query, %given) = @_;
    my $http = Smpplex::Http->connect($given{addr} // "unix:$socket");
    $http->request('GET', "/api/v1/trace?$query", headers => $given{headers});
    my $peer = $http->{peer};
    my $until = time + 40;
    1 while $peer->{in} !~ /\r\n\r\n/ && $peer->fill($until);
    return $http->response if $peer->{in} !~ m{\AHTTP/1\.1 200 };
    $peer->{in} =~ s/\A(.*?\r\n\r\n)//s;
    unlike($1, qr/content-length/i, 'no length is told') if $given{head};
    return bless {peer => $peer, lines => [], all => ''}, 'Trace';
}

# The next line, decoded and held against its description; undef: none came.
sub Trace::next {
    my ($self, $seconds) = @_;
    my $until = time + ($seconds // 5) * slow_machine();
    my $text;
    until ((($text) = $self->{peer}{in} =~ /\A\n*([^\n]+)\n/)) {
        return if !$self->{peer}->fill($until);
    }
    $self->{peer}{in} =~ s/\A\n*[^\n]+\n//;
    my $line = decode_json($text);
    push @{$self->{lines}}, $line;
    $self->{all} .= "$text\n";
    if (@{$self->{lines}} < 30 || $line->{kind} eq 'end') {
        Test::More::is(main::errors($line), '', "$line->{kind}: as described") or Test::More::diag($text);
    }
    return $line;
}

# Reads until a line fits; it.
sub Trace::until {
    my ($self, $fits, $seconds) = @_;
    while (my $line = $self->next($seconds)) {
        return $line if $fits->($line);
    }
    return;
}

sub Trace::of {
    my ($self, $way, $command) = @_;
    return grep { ($_->{way} // '') eq $way && (!defined $command || ($_->{command} // '') eq $command) } @{$self->{lines}};
}

sub Trace::close { return $_[0]{peer}->close }

sub is_pdu {
    my ($way, $command, $number) = @_;
    return sub { ($_[0]{way} // '') eq $way && ($_[0]{command} // '') eq $command
                 && (!defined $number || $_[0]{client_number} == $number) };
}

sub field {
    my ($line, $name) = @_;
    my ($field) = grep { $_->[0] eq $name } @{$line->{fields}};
    return $field ? $field->[1] : undef;
}

# smpplexctl, running.
sub start_ctl {
    my (@args) = @_;
    my $self = {map { ($_ => work_dir . '/ctl' . (++$serial) . ".$_") } qw(out err)};
    $self->{pid} = fork // die "fork: $!";
    if ($self->{pid} == 0) {
        $SIG{INT} = 'DEFAULT';
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $self->{out};
        open STDERR, '>', $self->{err};
        exec "$ENV{SMPPLEX_BIN}/smpplexctl", @args or POSIX::_exit(127);
    }
    return $self;
}

sub ctl_end {
    my ($ctl, $signal) = @_;
    kill $signal, $ctl->{pid} if $signal;
    wait_for(20, sub { $ctl->{gone} ||= waitpid($ctl->{pid}, POSIX::WNOHANG()) == $ctl->{pid} && do { $ctl->{status} = $?; 1 } })
        or kill 'KILL', $ctl->{pid};
    return $ctl->{status} // -1;
}

sub traces { return http_json("unix:$socket", '/api/v1/status')->{endpoint}{traces} }

# A raw client and its raw node behind a smpplex, and a trace of them.
sub traced_pair {
    my ($farm, %given) = @_;
    my $door = Smpplex::Peer->listen;
    my $plex = plex_for($farm, [[n1 => $door->addr]], %given);
    my $trace = trace('account=raw' . ($given{query} // ''));
    $trace->next;
    my $client = Smpplex::Peer->connect($plex->addr('smpp'));
    $client->send(bind_pdu('transceiver', 1));
    my $node = $door->accept_bind;
    $client->read;
    return ($plex, $client, $node, $trace, $door);
}

subtest 'one account of two, over two workers: both numbers, as the nodes and the client have them' => sub {
    my $sim = start_sim('a=0', 'b=0', {text => 32});
    my $plex = plex_for({}, [map { [$_, $sim->addr($_)] } qw(a b)], top => {workers => 2});
    my $smpp = $plex->addr('smpp');
    my $trace = trace('account=acme', head => 1);
    my $begin = $trace->next;
    is("$begin->{kind} $begin->{account} $begin->{sessions}", 'begin acme 0', 'how it begins');
    is(traces(), 1, 'it is counted');
    my @loads = map { start_load('-t', $smpp, '--account', "$_:sesame-of-$_", '-c', 1, '-n', 300, '-w', 7, '--sequence-start', 5000) }
        qw(acme other);
    is($_->wait_report->{accepted}, 300, 'all messages are accepted') for @loads;
    ok($trace->until(sub { ($_[0]{why} // '') eq 'unbound by client' }), 'the end of the session is told');

    is(scalar($trace->of('from_client', 'submit_sm')), 300, 'each submit_sm that came');
    is(scalar($trace->of('to_node', 'submit_sm')), 300, 'each that went');
    is(scalar($trace->of('from_node', 'submit_sm_resp')), 300, 'each response that came');
    is(scalar($trace->of('to_client', 'submit_sm_resp')), 300, 'each that went');
    # 5000 is the bind; the texts count up from 0
    my %of_sim = map { ((unpack 'H*', '') || "$_->[0] $_->[5]" => (pack('H*', $_->[-1]) =~ /load-(\d+)/)[0] + 5001) }
        grep { $_->[1] eq 'acme' } $sim->messages;
    is(scalar(keys %of_sim), 300, 'the nodes have logged them');
    for my $way (['to_node', 'submit_sm'], ['from_node', 'submit_sm_resp'], ['to_client', 'submit_sm_resp']) {
        my %of_trace = map { ("$_->{node} $_->{node_number}" => $_->{client_number}) } $trace->of(@$way);
        is_deeply(\%of_trace, \%of_sim, "$way->[0]: the node, its number and the client's");
    }
    my %sessions = map { ($_->{session} // 0) => 1 } $trace->of('from_client');
    is(scalar(keys %sessions), 1, 'one session');
    ok((grep { $_->{command} eq 'bind_transceiver' } $trace->of($_)), "the bind $_") for qw(from_client to_node);
    like($trace->{all}, qr/"system_id","acme"/, 'with its system_id');
    unlike($trace->{all}, qr/sesame/, 'without its password');
    unlike($trace->{all}, qr/other/, 'the other account is not in it');
    unlike($trace->{all}, qr/load-0|\["text"/, 'nor the text of a message');
    unlike($trace->{all}, qr/enquire_link/, 'nor enquire_links');
    is(field(($trace->of('to_client', 'submit_sm_resp'))[0], 'message_id') =~ /^\d+$/ && 1, 1, 'fields are');

    # many sessions, which come to either worker: all of them are shown
    my $many = run_load('-t', $smpp, '--account', 'acme:sesame', '-c', 8, '-n', 80);
    is($many->{accepted}, 80, 'sessions that move to the worker of their account');
    my $ends = 0;
    $trace->until(sub { ($_[0]{why} // '') eq 'unbound by client' && ++$ends == 8 });
    is(scalar($trace->of('to_node', 'submit_sm')), 380, 'are traced there');
    unlike($plex->log_text . $trace->{all}, qr/sesame/, 'no password anywhere');
    $trace->close;
    eventually('without a reader it ends', sub { traces() == 0 && $plex->log_text =~ /trace: ended account="acme" reason="nobody reads it/ });
    $plex->is_good;
    drop($sim);
};

subtest 'the text of messages, and enquire_links, where they are asked for' => sub {
    my ($plex, $client, $node, $trace) = traced_pair({}, query => '&text=true&enquire=true');
    $client->send(submit_pdu(2, "caf\xe9 \e[31m\x{7f}") . pdu('enquire_link', 0, 3));
    my $line = $trace->until(is_pdu('from_client', 'submit_sm', 2));
    ok(defined field($line, 'text'), 'the text');
    unlike($line->{fields}[-1][1], qr/[\x00-\x1f\x7f]/, 'with nothing that a terminal obeys');
    ok($trace->until(is_pdu('to_client', 'enquire_link_resp', 3)), 'the enquire_link');
    $_->close for $client, $node, $trace;
    $plex->is_good;
};

subtest 'what comes from nodes, and its answers' => sub {
    for my $links (qw(session account)) {
        my ($plex, $client, $node, $trace) = traced_pair({links => $links});
        $node->send(pdu('deliver_sm', 0, 77, Smpplex::Peer::message_body('mo')));
        my $got = $client->read;
        my $line = $trace->until(is_pdu('from_node', 'deliver_sm'));
        is("$line->{node_number} $line->{node}", '77 n1', "links = $links: from the node");
        $line = $trace->until(is_pdu('to_client', 'deliver_sm'));
        is("$line->{node_number} $line->{client_number}", "77 $got->{number}", 'to the client, with both numbers');
        $client->answer($got, 0, "\0");
        $line = $trace->until(is_pdu('from_client', 'deliver_sm_resp'));
        is("$line->{node_number} $line->{client_number} $line->{node}", "77 $got->{number} n1", 'its answer');
        $line = $trace->until(is_pdu('to_node', 'deliver_sm_resp'));
        is("$line->{node_number} $line->{client_number}", "77 $got->{number}", 'as it goes to the node');
        $client->send(submit_pdu(9));
        $node->answer($node->read_until('submit_sm'), 0, "id\0");
        $line = $trace->until(is_pdu('to_client', 'submit_sm_resp'));
        is($line->{client_number}, 9, 'and a message up');
        like($line->{link}, $links eq 'session' ? qr/^c\d+$/ : qr/^raw#\d+$/, 'the links that carried it');
        $client->close;
        $trace->until(sub { $_[0]{kind} eq 'note' });
        $node->send(pdu('deliver_sm', 0, 78, Smpplex::Peer::message_body('late')));
        if ($links eq 'account') {
            ok($line = $trace->until(is_pdu('to_node', 'deliver_sm_resp')), 'with nobody there');
            is("$line->{why} $line->{status}", 'nobody is bound to receive ESME_RX_T_APPN', 'why it is refused');
        }
        $_->close for $node, $trace;
        $plex->is_good($links);
    }
};

subtest 'sessions that share their links: whose it is' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for({links => 'account'}, [[a => $sim->addr('a')]]);
    my @clients = map { Smpplex::Peer->bound($plex->addr('smpp'), id => $_) } qw(one one two);
    my $trace = trace('account=one');
    is($trace->next->{sessions}, 2, 'two sessions');
    $clients[$_]->send(submit_pdu(10 + $_)) for 0 .. 2;
    $_->read for @clients;
    my @to = map { $trace->until(is_pdu('to_client', 'submit_sm_resp')) } 1, 2;
    is_deeply([sort map { $_->{client_number} } @to], [10, 11], 'of both sessions');
    isnt($to[0]{session}, $to[1]{session}, 'which are told apart');
    is($to[0]{link}, $to[1]{link}, 'over the same links');
    unlike($trace->{all}, qr/"client_number":12/, 'not of the other account');
    $_->close for @clients, $trace;
    $plex->is_good;
    drop($sim);
};

subtest 'what smpplex does by itself: sent again, held, and why it answers' => sub {
    my $other = Smpplex::Peer->listen;
    my $door = Smpplex::Peer->listen;
    my $plex = plex_for({balance => 'standby', window => 1, 'queue-timeout' => '300ms', 'response-timeout' => '1s'},
                        [[n1 => $door->addr], [n2 => $other->addr]]);
    my $trace = trace('account=raw');
    my $client = Smpplex::Peer->connect($plex->addr('smpp'));
    $client->send(bind_pdu('transceiver', 1));
    my ($first, $second) = map { $_->accept_bind } $door, $other;
    $client->read;
    $client->send(join '', map { submit_pdu($_) } 21 .. 23);
    $trace->until(sub { $_[0]{kind} eq 'note' && ($_[0]{client_number} // 0) == 23 });
    is(join(', ', map { "$_->{client_number} $_->{why}" } $trace->of('note')),
       '22 held: no node takes it now, 23 held: behind others that are', 'what is held');
    my ($to) = $trace->of('to_node', 'submit_sm');
    is("$to->{node} $to->{client_number}", 'n1 21', 'one is open at the first node');
    $first->read_until('submit_sm');
    $first->reset;
    undef $door;
    my $lost = $trace->until(sub { ($_[0]{why} // '') =~ /its link was lost/ });
    is("$lost->{node} $lost->{client_number} $lost->{node_number} $lost->{command}",
       "n1 21 $to->{node_number} submit_sm", 'that it is lost there is told');
    my $again = $trace->until(sub { ($_[0]{why} // '') eq 'sent again' }, 10);
    is("$again->{node} $again->{client_number}", 'n2 21', 'it is sent again');
    ok($second->read_until('submit_sm'), 'and comes there');
    my $expired = $trace->until(sub { ($_[0]{why} // '') =~ /did not answer in time/ }, 10);
    is("$expired->{way} $expired->{client_number} $expired->{status}", 'to_client 21 ESME_RSYSERR', 'what a node does not answer');
    $second->read_until('submit_sm');   # 22
    $second->reset;
    undef $other;
    my $none = $trace->until(sub { ($_[0]{way} // '') eq 'to_client' && ($_[0]{why} // '') =~ /no node came/ }, 10);
    is("$none->{client_number} $none->{status}", '22 ESME_RTHROTTLED', 'what no node takes in time');
    $_->close for $client, $trace;
    $plex->is_good;

    ($plex, $client, my $node, $trace) = traced_pair({rate => 1, 'rate-excess' => 'throttle'});
    $client->send(join '', map { submit_pdu($_) } 2, 3);
    my $line = $trace->until(sub { ($_[0]{why} // '') =~ /rate/ });
    is("$line->{way} $line->{client_number} $line->{status}", 'to_client 3 ESME_RTHROTTLED', 'what is above the rate');
    $client->send(bind_pdu('transceiver', 4, 'raw', 'a-secret'));
    $line = $trace->until(is_pdu('to_client', 'bind_transceiver_resp', 4));
    is($line->{status}, 'ESME_RALYBND', 'a second bind');
    $client->send(pdu('bind_transceiver', 0, 5, "raw\0a-secret"));
    ok($trace->until(is_pdu('to_client', 'bind_transceiver_resp', 5)), 'one that is cut short');
    $client->send(pdu('outbind', 0, 6, "raw\0a-secret\0"));
    ok($trace->until(sub { ($_[0]{client_number} // 0) == 6 && $_[0]{way} eq 'to_client' }), 'an outbind');
    $client->send(pack('NNNN', 7, 4, 0, 8));
    ok($trace->until(sub { ($_[0]{command} // '') eq 'generic_nack' }), 'a length that cannot be');
    unlike($trace->{all}, qr/secret|612d736563/, 'no password of any of them');
    $_->close for $client, $node, $trace;
    $plex->is_good;
};

subtest 'a message that waits for a farm which is not the home of its session' => sub {
    my $sim = start_sim('a=0');
    my $gone = Smpplex::Peer->listen;
    my $at = $gone->addr;
    undef $gone;
    my $plex = start_plex(conf => "farm home { node a { address = \"@{[$sim->addr('a')]}\" } }\n"
        . "farm side { queue-timeout = 300ms  node b { address = \"$at\"  tag = b0 } }\n"
        . "listener smpp {\n    address = \"127.0.0.1:0\"\n    farm = home\n    route { destination = \"467*\" farm = side }\n}\n"
        . status_text());
    my $trace = trace('account=raw&farm=side');
    my $client = Smpplex::Peer->bound($plex->addr('smpp'));
    $client->send(submit_pdu(2));
    my $held = $trace->until(sub { ($_[0]{client_number} // 0) == 2 });
    is("$held->{farm} $held->{why}", 'side held: no node takes it now', 'is told of that farm');
    is($client->read->{status}, 0x58, 'and answered in time');
    $_->close for $client, $trace;
    $plex->is_good;
    drop($sim);
};

subtest 'filters' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for({}, [map { [$_, $sim->addr($_)] } qw(a b)]);
    my $traces = {a => trace('account=acme&node=a&farm=f'), all => trace('account=acme&farm=f')};
    is($traces->{a}->next->{node}, 'a', 'a node');
    run_load('-t', $plex->addr('smpp'), '--account', 'acme:x', '-n', 40);
    $traces->{all}->until(sub { ($_[0]{why} // '') eq 'unbound by client' });
    $traces->{a}->until(is_pdu('from_node', 'unbind_resp'));
    is(scalar($traces->{all}->of('to_node', 'submit_sm')), 40, 'all');
    is(scalar($traces->{a}->of('to_node', 'submit_sm')), 20, 'those to one node');
    is(scalar($traces->{a}->of('to_client', 'submit_sm_resp')), 20, 'and their responses');
    ok(!(grep { ($_->{node} // 'a') ne 'a' } @{$traces->{a}{lines}}), 'nothing of the other');
    for my $bad ('', 'account=', 'account=' . 'x' x 64, 'account=a&text=yes', 'account=a&farm=', 'account=a&enquire') {
        is(trace($bad)->{status}, 400, "'$bad' is no good");
    }
    is(trace("account=a&$_=zz")->{status}, 404, "there is no such $_") for qw(farm node);
    $_->close for values %$traces;
    $plex->is_good;
    drop($sim);
};

subtest 'who may' => sub {
    my $token = work_dir . '/token';
    open my $file, '>', $token or die;
    print $file "a-token-of-24-characters\n";
    close $file;
    my $sim = start_sim('a=0');
    my $plex = plex_for({}, [[a => $sim->addr('a')]], status => "    token-file = \"$token\"\n");
    my $addr = $plex->addr('status');
    my %good = (Authorization => 'Bearer a-token-of-24-characters');
    my $try = sub { trace('account=acme', addr => $addr, headers => {@_})->{status} // 200 };
    is($try->(), 401, 'over TCP a token is needed');
    is($try->(Authorization => 'Bearer a-token-of-24-characterz'), 401, 'the right one');
    is($try->(%good, Origin => 'http://evil.example'), 403, 'no page of another site');
    is($try->(%good, Host => 'evil.example'), 403, 'no name that is not ours');
    is(trace('account=acme', headers => {Origin => 'http://evil.example'})->next->{kind}, 'begin', 'the unix socket asks for nothing');
    is($try->(%good, Host => $addr, Origin => "http://$addr"), 200, 'the right one may');
    is(http($addr, $_, '/api/v1/trace?account=acme', headers => {%good})->{status}, 405, $_) for qw(HEAD POST);
    eventually('those are gone', sub { traces() == 0 });
    my $ctl = start_ctl('-s', $addr, '--token-file', $token, 'trace', 'acme', '--seconds', 1);
    is(ctl_end($ctl), 0, 'smpplexctl with a token');
    is((smpplexctl('-s', $addr, 'trace', 'acme'))[0], 1, 'and without');
    $plex->is_good;
    $plex = plex_for({}, [[a => $sim->addr('a')]]);
    is(trace('account=acme', addr => $plex->addr('status'))->{status}, 403, 'without a token-file nobody may over TCP');
    $plex->is_good;
    drop($sim);
};

subtest 'four at a time; what else a reader may do' => sub {
    my $sim = start_sim('a=0');
    my $plex = plex_for({}, [[a => $sim->addr('a')]], top => {workers => 2});
    my @four = map { trace("account=t$_") } 1 .. 4;
    is($_->next->{kind}, 'begin', 'a trace') for @four;
    my $fifth = trace('account=t5');
    is($fifth->{status}, 409, 'a fifth is refused');
    like(decode_json($fifth->{body})->{error}{text}, qr/four traces are running/, 'and why');
    my ($status, $said) = smpplexctl('-s', $socket, 'trace', 'x');
    is($status, 1, 'smpplexctl says so');
    like($said, qr/refused: four traces/, 'too');
    (pop @four)->close;
    eventually('behind one that ends there is room', sub { my $t = trace('account=t6'); ref $t eq 'Trace' && push @four, $t });
    $four[0]{peer}->send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" . 'x' x 100_000);
    is(run_load('-t', $plex->addr('smpp'), '--account', 't1:x', '-n', 10)->{accepted}, 10, 'what a reader says is not heard');
    ok($four[0]->until(is_pdu('to_node', 'submit_sm')), 'and does not end its trace');
    for (1 .. 30) {     # those that leave at once
        my $http = Smpplex::Http->connect("unix:$socket");
        $http->request('GET', '/api/v1/trace?account=t9');
        $http->close;
    }
    $_->close for @four;
    eventually('all end', sub { traces() == 0 });
    eventually('and leave room', sub { my @t = map { trace('account=z') } 1 .. 4; 4 == grep { ref eq 'Trace' } @t }, 10);
    $plex->is_good;
    drop($sim);
};

subtest 'a slow reader costs a bounded amount, and is told what it has missed' => sub {
    my $n = 20_000;
    my $sim = start_sim('a=0', {no_log => 1});
    my $plex = plex_for({}, [[a => $sim->addr('a')]]);
    my $text = Smpplex::Test::slurp($plex->{conf});
    my $trace = trace('account=acme&text=true');
    $trace->next;
    run_load('-t', $plex->addr('smpp'), '--account', 'acme:x', '-c', 2, '-w', 20, '-n', 2000);
    my $before = $plex->rss;
    my $report = run_load('-t', $plex->addr('smpp'), '--account', 'acme:x', '-c', 2, '-w', 20, '-n', $n);
    is($report->{accepted}, $n, 'messages pass');
    my $grown = $plex->rss - $before;
    my $other = trace('account=gone');
    run_load('-t', $plex->addr('smpp'), '--account', 'gone:x', '-c', 2, '-w', 20, '-n', $n);
    $other->close;
    eventually('of one who goes without reading it the log tells',
               sub { $plex->log_text =~ /account="gone" reason="nobody reads it any more" records=\d+ lost=[1-9]/ });
    cmp_ok($grown, '<', 10_000, "memory has grown by $grown KiB") if !sanitized;
    is(reload($plex, $text) =~ /taken/ && 1, 1, 'a reload');
    my $end = $trace->until(sub { $_[0]{kind} eq 'end' }, 30);
    is($end->{why}, 'the configuration was read again', 'ends it');
    my ($lost, $records) = (0, 0);
    for my $line (@{$trace->{lines}}) {
        $lost += $line->{records} if $line->{kind} eq 'lost';
        $records++ if $line->{kind} =~ /pdu|note/;
    }
    cmp_ok($lost, '>', 0, "$lost records are told to be lost");
    is("$end->{records} $end->{lost}", "$records $lost", 'as the end says, too');
    cmp_ok($records + $lost, '>=', 4 * ($n + 2000), 'nothing is missing without being told');
    ok($trace->{peer}->is_closed, 'and it is closed');
    eventually('over', sub { traces() == 0 });
    $plex->is_good;
    drop($sim);
};

# Taps look at sessions and links while these end; whoever frees too early is found by a sanitizer.
for my $links (qw(session account)) {
    subtest "links = $links: while nodes fail, sessions and traces come and go" => sub {
        my $sim = start_sim(map { "$_=0,receipts=on,mo=20,receipt-delay=5ms" } qw(a b));
        my $plex = plex_for({links => $links, grace => '20s', linger => '100ms', window => 8, 'enquire-link' => '100ms'},
                            [map { [$_, $sim->addr($_)] } qw(a b)], top => {workers => 2});
        my $text = Smpplex::Test::slurp($plex->{conf});
        my @loads = map { start_load('-t', $plex->addr('smpp'), '--account', "$_:sesame", '-c', 6, '-w', 30, '-n', 6000,
                                     '-r', 1500, '--any-status', '--reconnect') } qw(acme other);
        my (@traces, $n);
        while (grep { !defined $_->exited } @loads) {
            my $i = $n++ % 6;
            my $trace = trace('account=' . ($n % 2 ? 'acme' : 'other') . ($n % 3 ? '&text=true&enquire=true' : '&node=a'));
            push @traces, $trace if ref $trace eq 'Trace';
            $_->{peer}->fill(time) for @traces;
            (shift @traces)->close if @traces > 3;
            $sim->control(($i % 2 ? 'a ' : 'b ') . (qw(reset reset-mid unbind close garbage reset)[$i])) if $n % 3 == 0;
            Smpplex::Peer->connect($plex->addr('smpp'))->send(bind_pdu('transceiver', 1, 'acme', 'sesame') . submit_pdu(2));
            reload($plex, $text) if $n % 15 == 0;
            sleep 0.02;
        }
        is($_->wait_report->{unanswered}, 0, 'all is answered') for @loads;
        cmp_ok($n, '>', 5, "$n traces were asked for");
        unlike(join('', map { $_->{peer}{in} } @traces), qr/sesame/, 'no password is in what came last');
        $plex->is_good;
        $_->close for @traces;
        drop($sim);
    };
}

subtest 'smpplexctl trace' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = plex_for({}, [map { [$_, $sim->addr($_)] } qw(a b)], top => {workers => 2});
    my $smpp = $plex->addr('smpp');
    for my $args (['trace'], ['trace', 'a', 'b'], ['--count', '0', 'trace', 'a'], ['--seconds', '0', 'trace', 'a'],
                  ['--count', 'x', 'trace', 'a'], ['trace', 'x' x 64]) {
        is((smpplexctl('-s', $socket, @$args))[0], 2, "'@$args' is wrong usage");
    }
    is((smpplexctl('-s', work_dir . '/none', 'trace', 'a'))[0], 3, 'nobody there');
    is((smpplexctl('-s', $socket, 'trace', 'a', "--$_", 'zz'))[0], 1, "no such $_") for qw(farm node);
    is((smpplexctl('-s', $smpp, 'trace', 'a'))[0], 3, 'no HTTP there');

    my $ctl = start_ctl('-s', $socket, 'trace', 'acme', '--count', 12);
    eventually('an account that is not bound is waited for', sub { Smpplex::Test::slurp($ctl->{err}) =~ /nothing is bound as acme now/ });
    run_load('-t', $smpp, '--account', 'acme:sesame', '-n', 40);
    is(ctl_end($ctl), 0, '--count ends it');
    my @lines = split /\n/, Smpplex::Test::slurp($ctl->{out});
    is(scalar(@lines), 13, 'a head, and so many PDUs');
    like($lines[0], qr/^TIME +CLIENT +WAY +NODE +COMMAND +CLIENT-NO +NODE-NO +STATUS, FIELDS$/, 'the head');
    my ($column) = map { index $_, 'COMMAND' } $lines[0];
    is((grep { substr($_, $column - 1, 1) ne ' ' || substr($_, $column, 1) eq ' ' } @lines) + 0, 0, 'aligned columns');
    like($lines[1], qr/^\d\d:\d\d:\d\d\.\d{6} c\d+\@127\.0\.0\.1:\d+ +from client - +bind_transceiver +1 +- - system_id=acme/, 'the bind');
    unlike("@lines", qr/sesame|text=|\e/, 'no password, no text, no colours');

    $ctl = start_ctl('-s', $socket, '--json', '--text', 'trace', 'acme', '--seconds', 2);
    eventually('it has begun', sub { Smpplex::Test::slurp($ctl->{out}) =~ /"begin"/ });
    run_load('-t', $smpp, '--account', 'acme:sesame', '-n', 10);
    is(ctl_end($ctl), 0, '--seconds ends it');
    my @json = map { decode_json($_) } split /\n/, Smpplex::Test::slurp($ctl->{out});
    is((grep { ($_->{command} // '') eq 'submit_sm' && field($_, 'text') =~ /load-0/ } @json) + 0, 20, '--json, with --text');

    $ctl = start_ctl('-s', $socket, 'trace', 'evil', '--text');
    eventually('it has begun', sub { Smpplex::Test::slurp($ctl->{out}) =~ /^TIME/ });
    my $evil = Smpplex::Peer->bound($smpp, id => 'evil');
    $evil->send(pdu('submit_sm', 0, 2, pack('Z*CCZ*CCZ*CCCZ*Z*CCCCC/a', "\e]0;x\a", 1, 1, "a\nb\x9b", 1, 1, "4\r6", 0, 0, 0, '', '', 0, 0, 8, 0,
                                            "\x20\x2e\0\e\0\"")));
    eventually('what would harm a terminal', sub { Smpplex::Test::slurp($ctl->{out}) =~ /text="\\u\{202e\}\\x1b\\""/ });
    unlike(Smpplex::Test::slurp($ctl->{out}) =~ s/\n//gr, qr/[\x00-\x1f\x7f-\xff]/, 'is escaped');
    is(traces(), 1, 'one trace');
    is(ctl_end($ctl, 'INT') & 127, POSIX::SIGINT(), 'SIGINT ends smpplexctl');
    eventually('and the trace', sub { traces() == 0 });
    like(http_get($plex->addr('status'), '/metrics')->{body}, qr/^smpplex_status_traces 0$/m, 'as metrics say');
    $evil->close;

    $ctl = start_ctl('-s', $socket, 'trace', 'acme');
    eventually('it has begun', sub { traces() == 1 });
    reload($plex, Smpplex::Test::slurp($plex->{conf}));
    is(ctl_end($ctl) >> 8, 1, 'a reload ends it');
    like(Smpplex::Test::slurp($ctl->{err}), qr/the trace has ended: the configuration was read again/, 'and why is told');
    $ctl = start_ctl('-s', $socket, 'trace', 'acme');
    eventually('it has begun', sub { Smpplex::Test::slurp($ctl->{out}) =~ /^TIME/ });
    is($plex->is_good && 1, 1, 'smpplex ends with a trace');
    is(ctl_end($ctl) >> 8, 1, 'which ends');
    like(Smpplex::Test::slurp($ctl->{err}), qr/the trace has ended: smpplex has ended/, 'and why is told');
    drop($sim);
};

done_testing;
