#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# What smpplex gives up at its start, and that it still does all that it has to.
use strict;
use warnings;
use Fcntl qw(F_SETFD);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket;
use Test::More;

use Smpplex::Certs;
use Smpplex::Peer;
use Smpplex::Test;

my $nobody = getpwnam('nobody');
my $root = $> == 0 && defined $nobody;
my $sim = start_sim('a=0', 'b=0');
chmod 0777, work_dir;   # whoever it has become writes its ready file there

sub slurp { my ($path) = @_; open my $f, '<', $path or return ''; local $/; return <$f> // '' }

sub nodes { return [map { [$_, $sim->addr($_)] } qw(a b)] }

# What the kernel says of each of its threads.
sub threads {
    my ($plex) = @_;
    return map { slurp($_) } glob "/proc/$plex->{pid}/task/*/status";
}

sub works {
    my ($plex, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(run_load('-t', $plex->addr, '-n', 50)->{accepted}, 50, "$name: messages pass");
    return;
}

sub reloads {
    my ($plex, $name) = @_;
    my $before = () = $plex->log_text =~ /configuration taken/g;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $plex->signal('HUP');
    eventually("$name: a reload is taken", sub { (() = $plex->log_text =~ /configuration taken/g) > $before });
    return;
}

# A folder that its user may enter, and write to.
sub folder {
    my $folder = tempdir(CLEANUP => 1);
    chmod 0755, $folder;
    chown $nobody, -1, $folder;
    return $folder;
}

sub conf_in {
    my ($folder, $text) = @_;
    open my $file, '>', "$folder/plex.conf" or die "$folder: $!";
    print $file $text;
    close $file;
    return "$folder/plex.conf";
}

# What it says when it doesn't start.
sub refused {
    my ($name, $pattern, @args) = @_;
    my $plex = eval { start_plex(@args) };
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(!$plex, "$name: it does not start") or do { drop($plex); return };
    like($@, $pattern, "$name: and says why");
    return;
}

subtest 'as nobody it does its work' => sub {
    plan skip_all => 'needs root' if !$root;
    my $folder = folder();
    my $log = "$folder/plex.log";
    my $port = 700 + $$ % 200;
    my $conf = conf_in($folder, conf_text(nodes => nodes(), listener => {address => "127.0.0.1:$port"},
        top => {user => 'nobody', workers => 2, log => "file:$log"}));
    my $plex = start_plex(args => ['-c', $conf], log => "file:$log");
    for my $status (threads($plex)) {
        like($status, qr/^Uid:\t$nobody\t$nobody\t$nobody\t$nobody$/m, 'a thread of the user');
        like($status, qr/^NoNewPrivs:\t1$/m, 'that gets no new privileges');
        like($status, qr/^Cap$_:\t0+$/m, "Cap$_ is empty") for qw(Inh Prm Eff Bnd Amb);
        unlike($status, qr/^Groups:.*\b0\b/m, 'nor is it in the group of root');
    }
    like($plex->addr, qr/:$port$/, 'it has a port that is root\'s');
    works($plex, 'as nobody');
    rename $log, "$log.1";
    $plex->signal('HUP');
    eventually('the log is opened anew', sub { -s $log });
    eventually('and the configuration taken', sub { slurp($log) =~ /configuration taken/ });
    is((stat $log)[4], $nobody, 'it is nobody\'s');
    my $nodes = start_sim('a=0', 'b=0');
    conf_in($folder, conf_text(nodes => [map { [$_, $nodes->addr($_)] } qw(a b)],
        listener => {address => "127.0.0.1:$port"}, top => {user => 'nobody', workers => 2, log => "file:$log"}));
    reloads($plex, 'with other nodes');
    my $load = start_load('-t', $plex->addr, '-n', 3000, '-r', 2000, '--reconnect');
    wait_for(5, sub { ($nodes->shares->{a} // 0) > 100 });
    drop($nodes);
    my $again = start_sim('a=' . $nodes->addr('a'), 'b=' . $nodes->addr('b'));
    is($load->wait_report->{unanswered}, 0, 'nodes are killed and come back: all is answered');
    works($plex, 'after that');
    $plex->is_good;
    drop($again);
};

subtest 'what can\'t be read as the user is told at the start' => sub {
    plan skip_all => 'needs root' if !$root;
    my $folder = folder();
    my $ca = Smpplex::Certs->new(work_dir, 'ca');
    my $cert = $ca->certificate('plex.test');
    system('cp', $cert, "$folder/cert.pem") == 0 or die;
    chmod 0600, "$folder/cert.pem";
    my $conf = conf_in($folder, "user = nobody\nfarm f { node a { address = \"" . $sim->addr('a')
        . "\" } }\nlistener smpp { address = \"127.0.0.1:0\" tls { certificate = \"$folder/cert.pem\" } }\n");
    my $plex = start_plex(args => ['-c', $conf]);
    like($plex->log_text, qr/a reload could not read the configuration .*cert\.pem.*Permission denied/,
         'a key that is root\'s');
    is(run_load('-t', $plex->addr, '--tls', '--ca', $ca->ca, '--sni', 'plex.test', '-n', 5)->{accepted}, 5,
       'it works with what was read');
    $plex->signal('HUP');
    eventually('a reload is refused', sub { $plex->log_text =~ /configuration refused, the old one stays/ });
    like(slurp("/proc/$plex->{pid}/limits"), qr/^Max core file size +0 +0/m, 'no core is dumped while it has keys');
    chown $nobody, -1, "$folder/cert.pem";
    reloads($plex, 'once it is readable');
    $plex->is_good;
};

subtest 'within a chroot' => sub {
    plan skip_all => 'needs root' if !$root;
    my ($folder, $jail) = (folder(), folder());
    # A leak detector looks into /proc, which is not there.
    local $ENV{ASAN_OPTIONS} = ($ENV{ASAN_OPTIONS} // '') . ':detect_leaks=0';
    my $text = conf_text(nodes => nodes(), top => {user => 'nobody', chroot => $jail});
    my $conf = conf_in($folder, $text);
    refused('a configuration that is not in it', qr/a reload could not read .* within chroot error="\Q$conf\E/,
            args => ['-c', $conf]);
    system('mkdir', '-p', "$jail$folder") == 0 or die;
    conf_in("$jail$folder", $text);
    my @ready = (ready => '/ready', root => $jail);
    my $plex = start_plex(args => ['-c', $conf], @ready);
    is(readlink "/proc/$plex->{pid}/root", $jail, 'its root is the folder');
    works($plex, 'in the folder');
    reloads($plex, 'in the folder');
    $plex->is_good;
    $text = conf_text(nodes => nodes(), top => {user => 'nobody', chroot => $jail, log => "file:$folder/log"});
    conf_in("$jail$folder", $text);
    unlink "$jail/ready";
    chmod 0555, "$jail$folder";
    eval { start_plex(args => ['-c', conf_in($folder, $text)], log => "file:$folder/log", @ready) };
    like(slurp("$folder/log"), qr/the log could not be opened anew .*Permission denied/, 'a log that can\'t be there');
    chmod 0755, "$jail$folder";
    refused('a folder that isn\'t there', qr/cannot make the folder the root chroot=\/nowhere/,
            conf => conf_text(nodes => nodes(), top => {chroot => '/nowhere'}));
};

subtest 'whom it can\'t become' => sub {
    refused('an unknown user', qr/there is no such user user=nosuchuser/,
            conf => conf_text(nodes => nodes(), top => {user => 'nosuchuser'}));
    refused('an unknown group', qr/there is no such group group=nosuchgroup/,
            conf => conf_text(nodes => nodes(), top => {group => 'nosuchgroup'}));
    return if !$root;
    my $plex = start_plex(conf => conf_text(nodes => nodes(), top => {user => 'nobody'}));
    $plex->write_conf(conf_text(nodes => nodes(), top => {user => 'daemon'}));
    $plex->signal('HUP');
    eventually('another user is refused while it runs',
               sub { $plex->log_text =~ /user can't be changed while smpplex runs/ || $plex->log_text =~ /Permission/ });
    $plex->is_good;
};

subtest 'system calls are given up' => sub {
    my $plex = start_plex(conf => conf_text(nodes => nodes(), top => {workers => 2}));
    my @threads = threads($plex);
    SKIP: {
        skip 'built without libseccomp', 2
            if slurp("$ENV{SMPPLEX_BIN}/smpplex") !~ /seccomp_load/ && $threads[0] !~ /^Seccomp:\t2$/m;
        cmp_ok(scalar(@threads), '>=', 3, 'a master and two workers');
        is(scalar(grep { /^Seccomp:\t2$/m } @threads), scalar(@threads), 'all have a filter');
    }
    is(scalar(grep { /^NoNewPrivs:\t1$/m } @threads), scalar(@threads), 'none gets new privileges');
    works($plex, 'with a filter');
    reloads($plex, 'with a filter');
    $plex->is_good;
    $plex = start_plex(conf => conf_text(nodes => nodes(), top => {seccomp => 'false'}));
    unlike((threads($plex))[0], qr/^Seccomp:\t2$/m, 'unless it is told not to');
    $plex->is_good;
};

subtest 'the service manager is told' => sub {
    my $path = work_dir . '/notify';
    my $socket = IO::Socket::UNIX->new(Local => $path, Type => SOCK_DGRAM) or die "$path: $!";
    my $said = '';
    my $hears = sub {
        my ($pattern) = @_;
        eventually("it says $pattern", sub {
            $socket->blocking(0);
            while (defined $socket->recv(my $text, 4096)) { last if !length $text; $said .= "$text\n" }
            return $said =~ $pattern;
        });
    };
    local $ENV{NOTIFY_SOCKET} = $path;
    my $plex = start_plex(conf => conf_text(nodes => nodes()));
    $hears->(qr/^READY=1$/m);
    $said = '';
    $plex->signal('HUP');
    $hears->(qr/^RELOADING=1\nMONOTONIC_USEC=\d+\nREADY=1$/m);
    $plex->write_conf("nonsense\n");
    $said = '';
    $plex->signal('HUP');
    $hears->(qr/^RELOADING=1\nMONOTONIC_USEC=\d+\nREADY=1$/m);
    $plex->signal('TERM');
    $hears->(qr/^STOPPING=1$/m);
    $plex->is_good;
};

# Starts smpplex with these sockets as the descriptors from 3 on.
sub activated {
    my ($names, $sockets, %given) = @_;
    my $mover = work_dir . '/mover';
    open my $file, '>', $mover or die "$mover: $!";
    print $file <<'MOVER';
use POSIX qw(dup dup2);
my ($names, @fds) = (shift, split /,/, shift);
my @high = map { dup2($_, 100 + $_); 100 + $_ } @fds;
$^F = 1000;
dup2($high[$_], 3 + $_) for 0 .. $#high;
@ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, scalar @fds, $names);
exec @ARGV;
MOVER
    close $file;
    fcntl $_, F_SETFD, 0 for @$sockets;
    my $fds = join ',', map { $_->fileno } @$sockets;
    return start_plex(%given, shell => "set -- perl $mover $names $fds \"\$@\"");
}

sub listening { return IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') || die "listen: $!" }

subtest 'sockets are taken over' => sub {
    my $first = listening();
    my $second = listening();
    my $third = listening();
    my $addr = '127.0.0.1:' . $second->sockport;
    my $text = conf_text(nodes => nodes(), top => {workers => 2})
        . "listener other { address = \"$addr\" }\n";
    my $plex = activated('smpp:x:y', [$first, $second, $third], conf => $text);
    is($plex->addr('smpp'), '127.0.0.1:' . $first->sockport, 'by the listener\'s name');
    is($plex->addr('other'), $addr, 'or by its address');
    eventually('one that is nobody\'s is told', sub { $plex->log_text =~ /handed over is no listener's.* name=y/ });
    works($plex, 'on them');
    is(run_load('-t', $plex->addr('other'), '-c', 8, '-n', 80)->{accepted}, 80, 'all workers serve them');
    $plex->is_good;
    my $client = IO::Socket::INET->new(PeerAddr => $addr);
    ok($client, 'the manager\'s socket still listens when it has ended');

    my $path = work_dir . '/plex.sock';
    my $unix = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "$path: $!";
    $plex = activated('smpp', [$unix], conf => conf_text(nodes => nodes(), listener => {address => "unix:$path"}));
    works($plex, 'on a unix socket');
    $plex->is_good;
    ok(-S $path, 'whose path stays');
};

subtest 'the unit keeps smpplex within narrow bounds' => sub {
    my $unit = "$ENV{SMPPLEX_BIN}/etc/smpplex.service";
    plan skip_all => 'no systemd-analyze here' if system('systemd-analyze --version >/dev/null 2>&1') != 0;
    my ($score) = `systemd-analyze security --offline=true '$unit' 2>&1` =~ /exposure level .*?: ([\d.]+)/;
    cmp_ok($score // 10, '<=', 1.5, 'systemd-analyze security');
    is(`systemd-analyze verify '$unit' 2>&1 | grep -v 'not executable\\|Command .man'`, '', 'systemd-analyze verify');
};

drop($sim);
done_testing();
