# SPDX-License-Identifier: ISC
#
# What the interoperability tests share: a folder of their own, processes that
# are ended by their pid whatever happens, waiting for something to become true,
# and smpplex in front of smppsim nodes. A failed test leaves its folder behind
# and prints the logs in it.
package Rig;
use strict;
use warnings;
use Exporter 'import';
use File::Basename 'basename';
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use JSON::PP;
use POSIX ':sys_wait_h';
use Test::More;

our @EXPORT = qw($dir free_ports run stop wait_exit eventually contents write_file needs
    sims sim_address control stats total plex plex_ends clean_log_ok load_report);

our $dir = ($ENV{SMPPLEX_WORK} // "/tmp/smpplex-interop-$<") . '/interop-' . basename($0, '.t');
my $bin = $ENV{SMPPLEX_BIN} // '.';
my $owner = $$;
my (%running, $control, %address);

remove_tree($dir);
make_path($dir);
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

# The program is there, or the test fails and says what to do.
sub needs {
    my ($what, $is_there) = @_;
    return if $is_there;
    fail("$what is there");
    diag("$what is missing: run ./bootstrap, which installs what the tests need");
    done_testing();
    exit 1;
}

# Ports that nobody listens on at the moment, for programs that can't say which
# ones the system gave them.
sub free_ports {
    my ($count) = @_;
    my @sockets = map {
        IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0)
            or die "no free port: $!\n"
    } 1 .. $count;
    return map { $_->sockport } @sockets;
}

# Starts a program, or a piece of Perl, whose output goes to NAME.log.
sub run {
    my ($name, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        chdir $dir or POSIX::_exit(126);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$name.log";
        open STDERR, '>&', \*STDOUT;
        STDOUT->autoflush(1);
        if (ref $command[0]) {
            eval { $command[0]->(); 1 } or print "died: $@";
            POSIX::_exit($@ ? 1 : 0);
        }
        { no warnings 'exec'; exec @command; }
        print "cannot run $command[0]: $!\n";
        POSIX::_exit(127);
    }
    $running{$pid} = $name;
    return $pid;
}

# The wait status of a process that ends by itself within the time, or undef.
sub wait_exit {
    my ($pid, $seconds) = @_;
    my $status;
    eventually(sub { waitpid($pid, WNOHANG) == $pid && defined($status = $?) }, $seconds)
        or return undef;
    delete $running{$pid};
    return $status;
}

# Sends a signal and waits for the end.
sub stop {
    my ($pid, $signal, $seconds) = @_;
    kill $signal // 'TERM', $pid;
    return wait_exit($pid, $seconds);
}

# Asks until it is true; the last answer.
sub eventually {
    my ($is_true, $seconds) = @_;
    my $deadline = time + ($seconds // 30) + 1;
    my $answer;
    select undef, undef, undef, 0.02 until ($answer = $is_true->()) || time >= $deadline;
    return $answer;
}

sub contents {
    my ($name) = @_;
    open my $in, '<', "$dir/$name" or return '';
    local $/;
    return <$in> // '';
}

sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $out $text;
    close $out or die "$dir/$name: $!\n";
    return "$dir/$name";
}

sub ready {
    my ($pid, $file) = @_;
    eventually(sub { -e "$dir/$file" || waitpid($pid, WNOHANG) == $pid });
    return map { split / /, $_, 2 } split /\n/, contents($file);
}

# Starts nodes named n1, n2 …, all with these keys, and ids that tell a node.
sub sims {
    my ($count, $keys, @options) = @_;
    my $pid = run('smppsim', "$bin/smppsim",
        (map { ('-n', "n$_=0,ids=prefix:000$_,$keys") } 1 .. $count),
        '--control', '127.0.0.1:0', '--ready-file', "$dir/sim.ready", @options);
    %address = ready($pid, 'sim.ready');
    $control = delete $address{control} or BAIL_OUT('smppsim does not start');
    return $pid;
}

sub sim_address { return $address{$_[0]} }

# One command to the simulator, and its answer without the "ok".
sub control {
    my ($command) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => $control, Timeout => 5) or die "control: $!\n";
    print $socket "$command\n";
    my $answer = <$socket> // '';
    return $answer =~ /^ok ?(.*)/ ? $1 || 1 : do { diag("$command: $answer"); undef };
}

sub stats { return decode_json(control("$_[0] stats")) }

# The sum of a counter over the nodes.
sub total {
    my ($counter) = @_;
    my $sum = 0;
    $sum += stats($_)->{$counter} for keys %address;
    return $sum;
}

# Starts smpplex in front of these addresses, its timers short; where it listens.
# SMPPLEX_LINKS=account lets sessions share their links.
sub plex {
    my (@nodes) = @_;
    my $n = 0;
    my $links = $ENV{SMPPLEX_LINKS} // 'session';
    my $nodes = join '', map { sprintf qq(    node n%d { address = "%s" }\n), ++$n, $_ } @nodes;
    write_file('smpplex.conf', <<"END");
log-level = debug
farm nodes {
$nodes    links = $links
    enquire-link = 500ms
    bind-gather = 10s
    reconnect = 50ms
    reconnect-max = 200ms
    grace = 5s
}
listener smpp {
    address = "127.0.0.1:0"
    enquire-link = 500ms
}
END
    unlink "$dir/plex.ready";
    my $pid = run('smpplex', "$bin/smpplex", '-c', "$dir/smpplex.conf", '--ready-file', "$dir/plex.ready");
    my %listens = ready($pid, 'plex.ready');
    BAIL_OUT('smpplex does not start') unless $listens{smpp};
    return ($pid, $listens{smpp});
}

# No line of the log is a warning or worse, but those that the test expects.
sub clean_log_ok {
    my ($name, $bad, $expected) = @_;
    my @lines = grep { /$bad/ && !($expected && /$expected/) } split /\n/, contents("$name.log");
    is(scalar(@lines), 0, "no warning in $name.log") or diag(join "\n", @lines);
    return;
}

# Ends smpplex, and looks at what it leaves: nothing open, nothing to warn of.
sub plex_ends {
    my ($pid, $expected) = @_;
    is(stop($pid), 0, 'smpplex ends with exit status 0');
    my ($counters) = contents('smpplex.log') =~ /^.*(counters sessions=.*)$/m;
    like($counters // '', qr/ $_=0\b/, "smpplex counts no $_")
        for qw(strays bad_lengths bad_binds unexpected_responses expired_up expired_down);
    clean_log_ok('smpplex', qr/^\S+ \S+ (?:warning|error) /, $expected);
    return;
}

# Runs smppload to its end: its exit status, its report.
sub load_report {
    my ($target, @options) = @_;
    my $pid = run('smppload', "$bin/smppload", '--target', $target, '--json', @options);
    my $status = wait_exit($pid, 60);
    my ($json) = contents('smppload.log') =~ /^(\{.*\})/ms;
    return ($status, decode_json($json // '{}'));
}

END {
    if ($$ == $owner) {
        my $verdict = $?;
        kill 'KILL', $_ for keys %running;
        waitpid $_, 0 for keys %running;
        if ($verdict != 0 || !Test::More->builder->is_passing) {
            for my $log (sort glob "$dir/*.log") {
                my @lines = split /\n/, contents(basename $log);
                splice @lines, 0, @lines - 150 if @lines > 150;
                diag(join "\n", "----- $log (its last lines)", @lines);
            }
        } else {
            remove_tree($dir);
        }
        $? = $verdict;
    }
}

1;
