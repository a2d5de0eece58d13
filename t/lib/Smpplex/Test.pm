# SPDX-License-Identifier: ISC
#
# What the end-to-end tests stand on: a folder of its own for each test file,
# the programs started with port 0 and ready files, and polling with deadlines
# in place of sleeps. A rig ends all that it started, by process id, and then
# looks whether smpplex ended well. Says how to fail, never what is promised:
# that is the tests'.
package Smpplex::Test;

use strict;
use warnings;
use Cwd qw(abs_path);
use Errno;
use Exporter qw(import);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Peer;

our @EXPORT = qw(
    all_answered_once conf_text drop eventually links_are_bound reload run_load sanitized
    slow_machine smpplexctl start_load start_plex start_sim stays wait_for work_dir
);

my $bin = $ENV{SMPPLEX_BIN} or die "SMPPLEX_BIN is not set: run the tests by t/prove\n";
my $work = ($ENV{SMPPLEX_WORK} // '/tmp') . '/' . ($0 =~ s{.*/}{}r =~ s{\.t$}{}r);
my $owner = $$;
my $serial = 0;
my @running;    # what this file has started and not ended yet

# Told to end, it still ends what it has started.
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

remove_tree($work);
make_path($work);
$work = abs_path($work);

# How much longer everything may take than on a machine that has nothing else to do. What stands
# behind it is no argument of its.
sub slow_machine() { return $ENV{SMPPLEX_SLOW} // 4 }

# Was it built with a sanitizer, or does valgrind run it? Then its memory says nothing, and
# its speed little.
sub sanitized { return $ENV{SMPPLEX_VALGRIND} || slurp("$bin/smpplex") =~ /__[at]san_init/ }

sub work_dir { return $work }

# Asks until the answer is true or `seconds` (of a quick machine) are over.
sub wait_for {
    my ($seconds, $ask) = @_;
    my $deadline = time + $seconds * slow_machine();
    my $answer;

    while (!($answer = $ask->()) && time < $deadline) {
        sleep 0.01;
    }
    return $answer;
}

# A test of its own: it becomes true in time.
sub eventually {
    my ($name, $ask, $seconds) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok(wait_for($seconds // 5, $ask), $name);
}

# A test of its own: one count stays as it is while another grows by n. What was on its way
# may still come, so it is looked at again until it holds. Returns what it stays at.
sub stays {
    my ($name, $count, $other, $n, $seconds) = @_;
    my $mark;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    eventually($name, sub {
        $mark = $count->();
        my $from = $other->();
        return wait_for($seconds // 5, sub { $other->() >= $from + $n }) && $count->() == $mark;
    }, $seconds);
    return $mark;
}

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

# Starts a program; its stdout and stderr go to files of its name.
sub spawn {
    my ($self, $program, @args) = @_;
    my $name = sprintf '%02d-%s', ++$serial, $program;

    %$self = (%$self, program => $program, out => "$work/$name.out", err => "$work/$name.err");
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $self->{out};
        open STDERR, '>', $self->{err};
        chdir $work;
        my $command = $self->{program_path} // "$bin/$program";
        if ($self->{shell}) {       # "ulimit -n 30" and the like
            exec 'sh', '-c', "$self->{shell} && exec \"\$@\"", 'sh', $command, @args;
        }
        { exec $command, @args }
        POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    push @running, $self;
    return $self;
}

# The exit status once it has ended ("signal N" if by one), or undef.
sub exited {
    my ($self) = @_;
    if (!defined $self->{status} && waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
        $self->{status} = WIFSIGNALED($?) ? 'signal ' . WTERMSIG($?) : WEXITSTATUS($?);
        @running = grep { $_ != $self } @running;
    }
    return $self->{status};
}

sub signal {
    my ($self, $signal) = @_;
    kill $signal, $self->{pid} if !defined $self->{status};
    return;
}

# Sends a signal and waits for the end; the exit status, or "still there". The ports of a
# killed one stay its own, for another that takes its place.
sub end {
    my ($self, $signal, $seconds) = @_;
    $self->signal($signal // 'TERM');
    wait_for($seconds // 15, sub { defined $self->exited }) // return 'still there';
    if (($signal // '') eq 'KILL' && !$self->{dropped}) { reserve($_) for values %{$self->{addrs} // {}} }
    return $self->{status};
}

# Keeps a port that nobody listens at from being given to others.
my @reserved;

sub reserve {
    my ($addr) = @_;
    my ($host, $port) = $addr =~ /^(127\..*):(\d+)$/ or return;
    push @reserved, grep { $_ } IO::Socket::INET->new(Proto => 'tcp', LocalAddr => $host, LocalPort => $port,
                                                      ReuseAddr => 1);
    return;
}

sub wait_end {
    my ($self, $seconds) = @_;
    wait_for($seconds, sub { defined $self->exited });
    return $self->{status} // 'still there';
}

sub stderr_text { return slurp($_[0]{err}) }
sub stdout_text { return slurp($_[0]{out}) }

# Waits for a ready file: NAME ADDR lines.
sub await_ready {
    my ($self, $path) = @_;
    wait_for(10, sub { -e $path || defined $self->exited });
    -e $path or die "$self->{program} did not start: " . $self->stderr_text;
    $self->{addrs} = {map { my ($n, $a) = split ' ', $_, 2; ($n => $a) } split /\n/, slurp($path)};
    $self->{names} = [map { (split ' ')[0] } split /\n/, slurp($path)];
    return $self;
}

sub addr {
    my ($self, $name) = @_;
    return $self->{addrs}{$name // $self->{names}[0]};
}

#
# smppsim
#

# start_sim('a=0,latency=5ms', 'b=0', { text => 64 }); an ADDR of 0 is any port;
# with no_log it keeps no log.
sub start_sim {
    my $options = ref $_[-1] ? pop : {};
    my $self = bless {}, __PACKAGE__;
    my $base = "$work/sim" . (++$serial);
    my @nodes = map { ('-n', $_) } @_;

    $self->{log} = $options->{log} // "$base.log";
    my @log = ('--log', $self->{log}, '--log-text', $options->{text} // 32);
    spawn($self, 'smppsim', @nodes, '--control', '127.0.0.1:0', '--ready-file', "$base.ready",
          $options->{no_log} ? () : @log, '--seed', 1);
    return $self->await_ready("$base.ready");
}

# One command to the control socket: what stands behind "ok"; dies on "error".
sub control {
    my ($self, $line) = @_;
    my ($host, $port) = $self->{addrs}{control} =~ /(.*):(\d+)$/;

    if (!$self->{control}) {
        $self->{control} = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port)
            or die "control: $!";
    }
    print {$self->{control}} "$line\n";
    my $answer = readline $self->{control};
    die "smppsim: $line: no answer" if !defined $answer;
    die "smppsim: $line: $answer" if $answer !~ /^ok ?(.*)/;
    my $said = $1;
    reserve($self->{addrs}{$1}) if $line =~ /^(\S+) refuse-port$/;
    return $said;
}

# What a node has counted.
sub stats {
    my ($self, $node) = @_;
    return decode_json($self->control("$node stats"));
}

# The messages that were taken, as the log has them: an array of arrays.
sub messages {
    my ($self, $node) = @_;
    return grep { !defined $node || $_->[0] eq $node } map { [split /\t/] } split /\n/,
        slurp($self->{log});
}

# How many messages each node has logged.
sub shares {
    my ($self) = @_;
    my %n;
    open my $log, '<', $self->{log} or return \%n;
    while (my $line = <$log>) { $n{$1}++ if $line =~ /^([^\t]+)/ }
    return \%n;
}

#
# smpplex
#

sub keys_text {
    my ($keys) = @_;
    return join '', map { "    $_ = \"$keys->{$_}\"\n" } sort keys %{$keys // {}};
}

# A configuration: nodes => [[NAME, ADDR, KEY => VALUE...], ...], farm => {...},
# listener => {...}, top => {...}; the listener's address is any port. A client that is bound
# is so to all nodes that answer, however slow the machine is, unless bind-gather says else.
sub conf_text {
    my (%given) = @_;
    my %links = $ENV{SMPPLEX_LINKS} ? (links => $ENV{SMPPLEX_LINKS}) : ();
    my %farm = ('bind-gather' => '10s', %links, %{$given{farm} // {}});
    my $text = keys_text($given{top}) . "farm f {\n" . keys_text(\%farm);

    for my $node (@{$given{nodes}}) {
        my ($name, $addr, %keys) = @$node;
        $text .= "    node $name {\n" . keys_text({%keys, address => $addr}) . "    }\n";
    }
    my %listener = (address => '127.0.0.1:0', %{$given{listener} // {}});
    return "$text}\nlistener smpp {\n" . keys_text(\%listener) . "}\n";
}

# What --listen and --node say, as a file.
sub args_text {
    my (@args) = @_;
    my (%n, %text);

    while (my ($option, $addr) = splice @args, 0, 2) {
        my $kind = {'--listen' => 'listener', '--node' => 'node'}->{$option} // return;
        $text{$kind} .= "$kind $kind" . ++$n{$kind} . " { address = \"$addr\" }\n";
    }
    my $links = $ENV{SMPPLEX_LINKS} ? "links = $ENV{SMPPLEX_LINKS}\n" : '';
    return "farm default {\n$links$text{node}}\n$text{listener}";
}

# SMPPLEX_WORKERS=4 runs all of it with so many, SMPPLEX_LINKS=account with such links.
sub with_workers {
    my ($given) = @_;
    return if !$ENV{SMPPLEX_WORKERS} && !$ENV{SMPPLEX_LINKS};

    if (!defined $given->{conf} && defined(my $text = args_text(@{$given->{args} // []}))) {
        $given->{conf} = $text;
        delete $given->{args};
    }
    return;
}

# start_plex(args => [...]) or start_plex(conf => TEXT); `log_level`, `shell`; `ready` is
# its ready file as it sees it, within the folder `root`.
sub start_plex {
    my (%given) = @_;
    my $self = bless {plex => 1, shell => $given{shell}}, __PACKAGE__;
    my $base = "$work/plex" . (++$serial);

    with_workers(\%given);
    my @args = @{$given{args} // []};
    if (defined $given{conf}) {
        $self->{conf} = "$base.conf";
        $self->write_conf($given{conf});
        push @args, '-c', $self->{conf};
    }
    push @args, '--log-level', $given{log_level} // 'info';
    push @args, '--log', $given{log} if defined $given{log};
    $self->{log} = $given{log} ? $given{log} =~ s/^file://r : undef;
    my $ready = $given{ready} // "$base.ready";
    spawn($self, 'smpplex', @args, '--ready-file', $ready);
    $self->{log} //= $self->{err};
    return $self->await_ready(($given{root} // '') . $ready);
}

# Writes the file and sends SIGHUP; waits for the line of the log that says how it went.
sub reload {
    my ($plex, $text) = @_;
    my $said = qr/configuration (?:taken|refused)[^\n]*\n/;
    my $before = () = $plex->log_text =~ /$said/g;
    my @lines;

    $plex->write_conf($text);
    $plex->signal('HUP');
    wait_for(5, sub { (@lines = $plex->log_text =~ /($said)/g) > $before })
        or die 'smpplex does not say whether it takes the configuration';
    $plex->settle;
    return $lines[-1];
}

# smpplexctl: exit status, and what it said.
sub smpplexctl {
    my (@args) = @_;
    my $pid = open my $out, '-|' // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec "$ENV{SMPPLEX_BIN}/smpplexctl", @args or POSIX::_exit(127);
    }
    my $said = do { local $/; readline($out) // '' };
    close $out;
    return ($? >> 8, $said);
}

# Its file, to be taken at the next SIGHUP.
sub write_conf {
    my ($self, $text) = @_;
    open my $file, '>', $self->{conf} or die "$self->{conf}: $!";
    print $file "workers = $ENV{SMPPLEX_WORKERS}\n"
        if $ENV{SMPPLEX_WORKERS} && $text !~ /^\s*workers\b/m;
    print $file $text;
    close $file;
    return;
}

sub log_text { return slurp($_[0]{log}) }

# The counters as smpplex knows them now.
sub counters {
    my ($self) = @_;
    my $before = () = $self->log_text =~ /\bcounters sessions=/g;

    $self->signal('USR1');
    wait_for(5, sub { (() = $self->log_text =~ /\bcounters sessions=[^\n]*\n/g) > $before })
        or die 'smpplex does not tell its counters';
    return last_counters($self);
}

# Returns when its workers have done all that they were told until now: mail comes in order.
sub settle { $_[0]->counters; return }

# A test of its own: so many binds of links have been accepted, as smpplex itself has heard.
sub links_are_bound {
    my ($self, $n, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return eventually($name // "$n links are bound", sub { $self->counters->{links_bound} >= $n }, 10);
}

sub last_counters {
    my ($self) = @_;
    my ($line) = $self->log_text =~ /.*\bcounters (sessions=[^\n]*)/s;
    return {map { split /=/ } split ' ', $line // ''};
}

# Resident memory in KiB.
sub rss {
    my ($self) = @_;
    return slurp("/proc/$self->{pid}/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}

# Ends smpplex as a service manager does, and looks back: tests of their own.
sub is_good {
    my ($self, $name) = @_;
    my $status = defined $self->{status} ? $self->{status} : $self->end('TERM', 45);
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $name = defined $name ? "$name: " : '';
    is($status, 0, "${name}smpplex ends well on SIGTERM");
    my $said = $self->stderr_text . $self->log_text;
    unlike($said, qr/bug at|Sanitizer|runtime error/, "${name}no bug shows");
    return $status eq '0';
}

#
# smppload
#

sub start_load {
    my (@args) = @_;
    my $self = bless {}, __PACKAGE__;
    return spawn($self, 'smppload', '--json', @args);
}

# The report; {} if there is none.
sub report {
    my ($self) = @_;
    my $report = eval { decode_json($self->stdout_text) } // {};
    $report->{exit} = $self->{status};
    $report->{stderr} = $self->stderr_text;
    return $report;
}

sub wait_report {
    my ($self, $seconds) = @_;
    $self->wait_end($seconds // 60);
    return $self->report;
}

sub run_load { return start_load(@_)->wait_report }

# Ends one that would go on for long: it sends no more, and what is open gets its answer.
sub stop {
    my ($self, $seconds) = @_;
    $self->signal('INT');
    return $self->wait_report($seconds);
}

# A report after an end under load: tests of their own.
sub all_answered_once {
    my ($report, $sim) = @_;
    my $n = 0;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($report->{unanswered}, 0, 'no request is without a response');
    is($report->{duplicate_responses} + $report->{unexpected_responses}, 0, 'none has two');
    $n += $_ for values %{$sim->shares};
    is($report->{accepted}, $n, "the $n messages that the nodes took are the accepted ones");
    return;
}

# Kills what a test has no more use for.
sub drop {
    $_->{dropped} = 1 for @_;
    $_->end('KILL') for @_;
    return;
}

our $prints_logs = 1;   # those of a test that has failed

END {
    my $status = $?;
    if ($$ == $owner) {
        my @left = @running;
        $_->{plex} && diag('smpplex was left running') for @left;
        drop(@left);
        if ($status != 0 || !Test::More->builder->is_passing) {
            for my $path ($prints_logs ? sort glob "$work/*.err $work/*.out" : ()) {
                my $text = slurp($path);
                $text = substr($text, 0, 2000) . "\n[…]\n" . substr($text, -6000)
                    if length $text > 8000;
                diag("--- $path\n$text") if length $text;
            }
        } else {
            chdir '/';
            remove_tree($work);
        }
    }
    $? = $status;
}

1;
