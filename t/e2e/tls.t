#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# TLS at the door and towards the nodes: who is let in and who isn't, each with a
# reason of its own, and that what passes inside is what passes without it.
use strict;
use warnings;
use IO::Select;
use IPC::Open2;
use Socket;
use Test::More;
use Time::HiRes qw(time);

use Smpplex::Certs;
use Smpplex::Peer;
use Smpplex::Test;

my $ca = Smpplex::Certs->new(work_dir, 'ca');
my $other = Smpplex::Certs->new(work_dir, 'other');
my $cert = $ca->certificate('plex.test', san => 'DNS:plex.test,IP:127.0.0.1');
my %client = (
    good => $ca->certificate('client1', san => 'DNS:client1.test'),
    expired => $ca->certificate('expired', days => -1),
    revoked => $ca->certificate('revoked'),
    'self-signed' => $ca->self_signed('client1'),
    unknown => $other->certificate('client1'),
);
my $revoked = $ca->certificate('127.0.0.1', file => 'n2', san => 'IP:127.0.0.1');
my $crl = $ca->crl($client{revoked}, $revoked);

# KEY => VALUE pairs as a tls section.
sub tls {
    my (%keys) = @_;
    return 'tls { ' . join('', map { "$_ = \"$keys{$_}\" " } sort keys %keys) . '}';
}

# A configuration with one node and these tls sections.
sub conf {
    my (%given) = @_;
    my $listener = join "\n", @{$given{listener} // []};
    my $timeout = $given{'bind-timeout'} // '5s';
    return "farm f { reconnect = 50ms node a { address = \"$given{node}\" " . ($given{farm} // '')
        . " } }\nlistener smpp { address = \"127.0.0.1:0\" bind-timeout = $timeout\n$listener\n}\n";
}

# smpplex with TLS at the door alone.
sub door {
    my ($sim, @keys) = @_;
    return start_plex(log_level => 'debug', conf => conf(node => $sim->addr('a'),
        listener => [tls(certificate => $cert, @keys)]));
}

sub load {
    my ($plex, @args) = @_;
    return run_load('-t', $plex->addr, '--tls', '--ca', $ca->ca, '-n', 10, @args);
}

# What openssl's client has said; `input` is what it is given to send.
sub s_client {
    my ($plex, $input, @args) = @_;
    my $pid = open2(my $out, my $in, 'sh', '-c', 'exec openssl s_client "$@" 2>&1', 'sh',
                    '-connect', $plex->addr, '-CAfile', $ca->ca, @args);
    local $SIG{PIPE} = 'IGNORE';
    my ($said, $until) = ('', time + 10 * slow_machine());
    print $in $input;
    close $in if $input eq '';
    while (IO::Select->new($out)->can_read($until - time)) {
        sysread $out, $said, 4096, length $said or last;
    }
    waitpid $pid, 0;
    return $said;
}

# A Peer whose octets openssl's client carries.
sub tls_peer {
    my ($plex, @args) = @_;
    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "socketpair: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<&', $theirs;
        open STDOUT, '>&', $theirs;
        open STDERR, '>', '/dev/null';
        close $ours;
        exec qw(openssl s_client -quiet -connect), $plex->addr, @args or POSIX::_exit(127);
    }
    close $theirs;
    my $peer = Smpplex::Peer->wrap($ours);
    $peer->{openssl} = $pid;
    return $peer;
}

sub end_peer {
    my ($peer) = @_;
    $peer->close;
    kill 'TERM', $peer->{openssl};
    waitpid $peer->{openssl}, 0;
    return;
}

subtest 'messages pass both ways, byte for byte' => sub {
    my $sim = start_sim("a=0,echo=on,tls-certificate=$cert", {text => 4096});
    my $plex = start_plex(log_level => 'debug', conf => conf(node => $sim->addr('a'),
        listener => [tls(certificate => $cert)], farm => tls(ca => $ca->ca)));
    my $report = load($plex, '-n', 2000, '-c', 4, '--size', 3000, '--receipts', '--id-check');
    is($report->{exit}, 0, 'all messages and receipts come through') or diag($report->{stderr});
    my $peer = tls_peer($plex, '-CAfile', $ca->ca, '-verify_return_error');
    $peer->send(bind_pdu('transceiver', 1));
    is($peer->read(10)->{status}, 0, 'bound');
    my $body = join '', map { chr $_ % 256 } 0 .. 60000;
    $peer->send(pdu(0x10201, 0, 0x7FFFFFFF, $body));
    my $echo = $peer->read(10);
    ok($echo && $echo->{body} eq $body, 'a body of 60,001 octets comes back as it was');
    is($echo->{number}, 0x7FFFFFFF, 'with its number');
    end_peer($peer);
    like($plex->log_text, qr{c\d+/a: TLS name='plex\.test' version=TLSv1\.3 }, 'the node is verified');
    is($plex->counters->{tls_failed}, 0, 'nothing has failed');
    $plex->is_good;
    drop($sim);
};

subtest 'a client needs a good certificate where one is required' => sub {
    my $sim = start_sim('a=0');
    my $plex = door($sim, verify => 'required', ca => $ca->ca, crl => $crl);
    my %reason = (
        expired => 'certificate expired', revoked => 'certificate revoked',
        'self-signed' => 'certificate self-signed', unknown => 'certificate of an unknown CA',
    );
    is(load($plex, '--cert', $client{good})->{accepted}, 10, 'a good one is let in');
    for my $kind (sort keys %reason) {
        is(load($plex, '--cert', $client{$kind})->{accepted}, 0, "$kind: not let in");
        eventually("the log says: $reason{$kind}",
                   sub { $plex->log_text =~ /detail="TLS: $reason{$kind}"/ });
    }
    is(load($plex)->{accepted}, 0, 'without one: not let in');
    eventually('the log says so', sub { $plex->log_text =~ /detail="TLS: no certificate"/ });
    is($plex->counters->{tls_failed}, 5, 'all are counted');
    $plex->is_good;
    drop($sim);
};

subtest 'a client refuses a server that it does not trust, and the log tells' => sub {
    my $sim = start_sim('a=0');
    my $plex = door($sim);
    is(load($plex, '--ca', $other->ca)->{accepted}, 0, 'an unknown CA');
    eventually('told', sub { $plex->log_text =~ /TLS: refused by the peer: unknown CA/ });
    like(load($plex, '--sni', 'else.test')->{stderr}, qr/certificate of another name/, 'a wrong name');
    is(load($plex, '--sni', 'plex.test')->{accepted}, 10, 'the right name');
    $plex->is_good;
    drop($sim);
};

subtest 'a node needs a good certificate of its name' => sub {
    my %node = (
        good => [$cert, {}],
        expired => [$ca->certificate('127.0.0.1', file => 'n1', san => 'IP:127.0.0.1', days => -1),
                    {}, 'certificate expired'],
        revoked => [$revoked, {crl => $crl}, 'certificate revoked'],
        'self-signed' => [$client{'self-signed'}, {}, 'certificate self-signed'],
        unknown => [$other->certificate('127.0.0.1', san => 'IP:127.0.0.1'), {},
                    'certificate of an unknown CA'],
        'wrong address' => [$client{good}, {}, 'certificate of another address'],
        'wrong name' => [$cert, {'server-name' => 'a.test'}, 'certificate of another name'],
        'right name' => [$cert, {'server-name' => 'plex.test'}],
        'not verified' => [$client{expired}, {verify => 'none', ca => undef}],
    );
    for my $kind (sort keys %node) {
        my ($file, $keys, $reason) = @{$node{$kind}};
        my %keys = (ca => $ca->ca, %$keys);
        delete $keys{ca} if !defined $keys{ca};
        my $sim = start_sim("a=0,tls-certificate=$file");
        my $plex = start_plex(conf => conf(node => $sim->addr('a'), farm => tls(%keys)));
        my $client = Smpplex::Peer->connect($plex->addr);
        $client->send(bind_pdu('transceiver', 1));
        my $status = $client->read(10)->{status};
        is($status, $reason ? 0xD : 0, "$kind: " . ($reason ? 'not bound' : 'bound'));
        like($plex->log_text, qr/(?:not bound|-> down) .*["']TLS: $reason["']/, "the log says: $reason") if $reason;
        $client->close;
        $plex->is_good;
        drop($sim);
    }
};

subtest 'a node may ask for our certificate, and need not speak TLS' => sub {
    my $sim = start_sim("a=0,tls-certificate=$cert,tls-ca=" . $ca->ca, 'b=0');
    for my $try ([$client{good}, 0], [undef, 0xD]) {
        my ($own, $status) = @$try;
        my $plex = start_plex(conf => conf(node => $sim->addr('a'),
            farm => tls(ca => $ca->ca, $own ? (certificate => $own) : ())));
        my $client = Smpplex::Peer->connect($plex->addr);
        $client->send(bind_pdu('transceiver', 1));
        is($client->read(10)->{status}, $status, $own ? 'shown' : 'none: not bound');
        like($plex->log_text, qr/TLS: refused by the peer: /, 'the log says why') if !$own;
        $client->close;
        $plex->is_good;
    }
    my $plex = start_plex(conf => conf(node => $sim->addr('b'), farm => tls(ca => $ca->ca)));
    my $client = Smpplex::Peer->connect($plex->addr);
    $client->send(bind_pdu('transceiver', 1));
    is($client->read(10)->{status}, 0xD, 'a plain node: not bound');
    like($plex->log_text, qr/TLS: something else came/, 'and told');
    $client->close;
    $plex->is_good;
    drop($sim);
};

subtest 'the name that a client asks for picks the certificate' => sub {
    my @names = ('one.test', 'two.test');
    my @more = map { tls(certificate => $ca->certificate($_)) } @names;
    my $wild = tls(certificate => $ca->certificate('wild.test', san => 'DNS:*.wild.test'));
    my $sim = start_sim('a=0');
    my $plex = start_plex(conf => conf(node => $sim->addr('a'), listener => [
        tls(certificate => $cert, verify => 'required', ca => $ca->ca), @more, $wild]));
    my %got = ('plex.test' => 'plex.test', 'one.test' => 'one.test', 'two.test' => 'two.test',
               'x.wild.test' => 'wild.test', 'none.test' => 'plex.test');
    for my $name (sort keys %got) {
        like(s_client($plex, '', '-servername', $name), qr/^subject=CN = \Q$got{$name}\E$/m,
             "$name gets $got{$name}");
    }
    is(load($plex, '--sni', 'two.test', '--cert', $client{good})->{accepted}, 10,
       'clients are verified there, too');
    is(load($plex, '--sni', 'two.test', '--cert', $client{expired})->{accepted}, 0,
       'and refused');
    $plex->is_good;
    drop($sim);
};

subtest 'a certificate binds only the system_ids that its names may' => sub {
    my $sim = start_sim('a=0');
    my $plex = door($sim, verify => 'optional', ca => $ca->ca,
                    names => 'client1.test = acme*, other; nobody.test = big');
    my @good = ('--cert', $client{good});
    for my $try ([acme1 => 10, @good], [other => 10, @good], [big => 0, @good], [free => 0, @good],
                 [free => 10], [acme1 => 0], [big => 0]) {
        my ($id, $accepted, @args) = @$try;
        is(load($plex, '--account', "$id:x", @args)->{accepted}, $accepted,
           "$id " . (@args ? 'with' : 'without') . " it: $accepted");
    }
    like($plex->log_text, qr/reason="certificate of another system_id" detail="name='client1'/,
         'the log says whose it was');
    is($plex->counters->{certificates_refused}, 4, 'counted');
    $plex->is_good;
    drop($sim);
};

subtest 'nothing older than TLS 1.2, no renegotiation' => sub {
    my $sim = start_sim('a=0');
    my $plex = door($sim);
    for my $old (qw(tls1 tls1_1)) {
        unlike(s_client($plex, '', "-$old", '-cipher', 'DEFAULT@SECLEVEL=0'), qr/Cipher is [^(]/,
               "$old is refused");
    }
    eventually('and told', sub { $plex->log_text =~ /TLS: protocol too old/ });
    for my $new (qw(tls1_2 tls1_3)) {
        like(s_client($plex, '', "-$new"), qr/Verification: OK.*Cipher is [^(]/s, "$new is spoken");
    }
    unlike(s_client($plex, '', '-tls1_2', '-cipher', $_), qr/Cipher is [^(]/, "$_ is not")
        for qw(AES128-SHA AES256-GCM-SHA384 ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA384);
    eventually('nothing in common is told', sub { $plex->log_text =~ /TLS: no shared cipher/ });
    like(s_client($plex, "R\n", '-tls1_2'), qr/no renegotiation/, 'renegotiation is refused');
    my $raw = Smpplex::Peer->connect($plex->addr);
    $raw->send(bind_pdu('transceiver', 1));
    ok($raw->is_closed, 'plain SMPP is closed');
    eventually('and told', sub { $plex->log_text =~ /TLS: plain SMPP came/ });
    $raw = Smpplex::Peer->connect($plex->addr);
    $raw->send("GET / HTTP/1.1\r\n\r\n");
    ok($raw->is_closed, 'HTTP is closed');
    $plex->is_good;
    drop($sim);
};

subtest 'sessions are resumed, on both sides' => sub {
    my $sim = start_sim("a=0,tls-certificate=$cert");
    my $plex = start_plex(log_level => 'debug', conf => conf(node => $sim->addr('a'),
        listener => [tls(certificate => $cert, verify => 'optional', ca => $ca->ca, crl => $crl)],
        farm => tls(ca => $ca->ca)));
    for my $version (qw(tls1_2 tls1_3)) {
        my $file = work_dir . "/session-$version";
        my $peer = tls_peer($plex, "-$version", '-sess_out', $file, '-cert', $client{good});
        $peer->send(bind_pdu('transceiver', 1));
        is($peer->read(10)->{status}, 0, 'bound');
        eventually('a ticket has come', sub { -s $file });
        end_peer($peer);
        like(s_client($plex, '', "-$version", '-sess_in', $file), qr/^Reused, /m,
             "$version: a client resumes");
    }
    my @whose = $plex->log_text =~ m{ c\d+ \S+: TLS name='([^']*)' .* resumed=yes}g;
    is_deeply(\@whose, [('client1') x 2], 'and is still known by its certificate');
    eventually('a node is resumed', sub { $plex->log_text =~ m{/a: TLS .* resumed=yes} });
    $plex->is_good;
    drop($sim);
};

subtest 'a reload takes new certificates, and no session notices' => sub {
    my $sim = start_sim('a=0');
    my $file = work_dir . '/live.pem';
    my $copy = sub { Smpplex::Certs::write_file($file, Smpplex::Certs::read_file($_[0])) };
    $copy->($cert);
    my $plex = door($sim, certificate => $file);
    my $load = start_load('-t', $plex->addr, '--tls', '--ca', $ca->ca, '-c', 4, '-d', '300s', '-r', 2000);
    eventually('sessions are there', sub { $plex->counters->{sessions_bound} == 4 });
    $copy->($ca->certificate('new.test', days => 10));
    $plex->signal('HUP');
    eventually('taken', sub { $plex->log_text =~ /configuration taken/ });
    like(s_client($plex, ''), qr/^subject=CN = new\.test$/m, 'new clients get the new one');
    like($plex->log_text, qr/certificate expires soon .*subject="CN=new\.test" days=(?:9|10)/,
         'that it ends soon is told');
    $copy->(work_dir . '/ca/ca.key');
    $plex->signal('HUP');
    eventually('a bad one is refused', sub { $plex->log_text =~ /configuration refused/ });
    like($plex->log_text, qr/error="\S+\.conf:\d+: certificate = \S+live\.pem: no certificate can be read/,
         'with file, line and reason');
    like(s_client($plex, ''), qr/^subject=CN = new\.test$/m, 'the one before stays');
    my $report = $load->stop;
    is($report->{exit}, 0, 'no message was lost') or diag($report->{stderr});
    $plex->is_good;
    drop($sim);
};

# Octets between a client and smpplex, by the rule of `pass`: it gets the direction, how many
# octets have gone before, and the octets; it returns those to be passed on now, or undef to cut
# the connection. Runs until `until` says so.
sub relay {
    my ($listen, $plex, $until, $pass) = @_;
    my ($select, %to, %gone, %side) = (IO::Select->new($listen->{socket}));
    my $cut = sub {
        my ($one) = @_;
        my @both = ($one, $to{$one} // ());
        $select->remove(@both);
        delete @to{@both};
        CORE::close $_ for @both;
    };

    while (!$until->()) {
        my @ready = $select->can_read(0.01);
        for my $from (@ready) {
            if ($from == $listen->{socket}) {
                my $client = $from->accept or next;
                my $server = Smpplex::Peer->connect($plex->addr)->{socket};
                ($to{$client}, $to{$server}) = ($server, $client);
                ($side{$client}, $side{$server}) = ('up', 'down');
                $gone{$_} = 0 for $client, $server;
                setsockopt($_, Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1) for $client, $server;
                $select->add($client, $server);
                next;
            }
            my $to = $to{$from} or next;
            my $n = sysread $from, my $octets, 65536;
            if (!$n) { $cut->($from); next }
            $pass->($side{$from}, \$gone{$from}, $octets, $to) or $cut->($from);
        }
    }
    my @left = grep { $_ != $listen->{socket} } $select->handles;
    $cut->($_) for @left;
    return;
}

subtest 'octets that come one by one' => sub {
    my $sim = start_sim('a=0');
    my $plex = door($sim);
    my $listen = Smpplex::Peer->listen;
    my $load = start_load('-t', $listen->addr, '--tls', '--ca', $ca->ca, '-n', 20, '-c', 2);
    relay($listen, $plex, sub { defined $load->exited }, sub {
        my ($side, $gone, $octets, $to) = @_;
        local $SIG{PIPE} = 'IGNORE';
        for my $octet (split //, $octets) { syswrite($to, $octet) || last }
        return 1;
    });
    is($load->report->{accepted}, 20, 'are as good as any');
    $plex->is_good;
    drop($sim);
};

sub descriptors { return scalar(() = glob "/proc/$_[0]{pid}/fd/*") }

subtest 'handshakes that are broken off at every step leave nothing behind' => sub {
    my $count = $ENV{SMPPLEX_LONG} ? 10_000 : 500;
    my $sim = start_sim('a=0');
    my $plex = start_plex(log_level => 'warning', conf => conf(node => $sim->addr('a'),
        listener => [tls(certificate => $cert, verify => 'optional', ca => $ca->ca)]));
    my ($fds, $rss, $done, $step) = (undef, undef, 0, 0);
    my $one = sub {     # 50 at once, each cut some octets later than the one before
        my $listen = Smpplex::Peer->listen;
        my $load = start_load('-t', $listen->addr, '--tls', '--ca', $ca->ca, '-n', 0, '-c', 50,
                              '--timeout', '1s', '--cert', $client{good});
        my %left;
        relay($listen, $plex, sub { defined $load->exited }, sub {
            my ($side, $gone, $octets, $to) = @_;
            local $SIG{PIPE} = 'IGNORE';
            my $key = $side eq 'up' ? "$to" : $$gone;
            $left{$key} //= ($step += 37) % 2500 if $side eq 'up';
            my $take = $side eq 'up' ? $left{$key} - $$gone : length $octets;
            $take = length $octets if $take > length $octets;
            syswrite $to, substr $octets, 0, $take if $take > 0;
            $$gone += length $octets;
            return $take == length $octets;
        });
        $done += 50;
    };
    $one->() for 1 .. 2;
    eventually('all are gone', sub { descriptors($plex) <= 40 }, 10);
    ($fds, $rss) = (descriptors($plex), $plex->rss);
    $one->() while $done < $count;
    eventually("$count later no descriptor is left", sub { descriptors($plex) <= $fds }, 10);
    cmp_ok($plex->rss, '<', $rss + 4096, 'and no memory') if !sanitized();
    is(load($plex)->{accepted}, 10, 'a whole handshake is as good as ever');
    $plex->is_good;
    drop($sim);
};

subtest 'who does not end the handshake is closed in time' => sub {
    my $sim = start_sim('a=0');
    my $plex = start_plex(conf => conf(node => $sim->addr('a'), 'bind-timeout' => '500ms',
                                       listener => [tls(certificate => $cert)]));
    my @slow = map { Smpplex::Peer->connect($plex->addr) } 1 .. 3;
    $slow[1]->send("\x16");
    $slow[2]->send("\x16\x03\x01\x02\x00\x01\x00");
    ok($_->is_closed, 'closed') for @slow;
    my $told = () = $plex->log_text =~ /reason="no bind in time" detail="TLS handshake not done"/g;
    is($told, 3, 'and told');
    $plex->is_good;
    drop($sim);
};

SKIP: {
    skip 'only with SMPPLEX_LONG, and where nmap is', 1
        if !$ENV{SMPPLEX_LONG} || system('nmap --version >/dev/null 2>&1') != 0;
    my $sim = start_sim('a=0');
    my $plex = door($sim, certificate => $ca->certificate('rsa.test', key => 'rsa'));
    my ($port) = $plex->addr =~ /(\d+)$/;
    my $said = `nmap -Pn -p $port --script ssl-enum-ciphers 127.0.0.1`;
    like($said, qr/least strength: A\b/, 'nmap finds nothing below A') or diag($said);
    unlike($said, qr/TLSv1\.[01]:|SSLv/, 'and no old protocol');
    $plex->is_good;
    drop($sim);
}

done_testing();
