# SPDX-License-Identifier: ISC
#
# What the benchmark measures with: the processor time and memory of a process as
# the kernel counts them, calls of the system and of malloc, and the tables. It
# knows nothing of what is compared, nor what for.
package Bench;

use strict;
use warnings;
use Exporter qw(import);
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use List::Util qw(max min sum);
use Time::HiRes qw(sleep time);

use Smpplex::Test;

our @EXPORT = qw(
    HAPROXY_MAXCONN about column cpu_of cpu_round csv_write holds is_good malloc_library mallocs median note_figure
    print_claims print_table start_haproxy system_calls
);

$Smpplex::Test::prints_logs = 0;
my @figures;    # for the CSV file
my @claims;

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

#
# Numbers
#

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

sub column { my ($key, @rows) = @_; return map { $_->{$key} } @rows }

# The median, and between what the rounds were.
sub about {
    my ($format, @values) = @_;
    return sprintf "$format ($format-$format)", median(@values), min(@values), max(@values);
}

#
# One run
#

# Nanoseconds on a processor, of all threads; and clock ticks in user and system mode.
sub cpu {
    my ($pid) = @_;
    my $ns = sum(map { (split ' ', slurp($_))[0] // 0 } glob "/proc/$pid/task/*/schedstat");
    my ($user, $system) = (split ' ', slurp("/proc/$pid/stat") =~ s/.*\)//sr)[11, 12];
    return {ns => $ns, user => $user, system => $system};
}

# Microseconds of a program on a processor while `do` is done, all its threads.
sub cpu_of {
    my ($program, $do) = @_;
    my $before = cpu($program->{pid})->{ns};
    $do->();
    return (cpu($program->{pid})->{ns} - $before) / 1000;
}

sub is_good {
    my ($report) = @_;
    die "smppload: $report->{stderr}exit $report->{exit}\n" if !$report->{good};
    return $report;
}

# What all nodes of a simulator have counted.
sub counted {
    my ($sim, $counter) = @_;
    return sum(map { ref $_ ? $_->{$counter} : 0 } values %{decode_json($sim->control('stats'))});
}

# Until messages have come, nobody more has bound for a while, at the nodes or at the program
# if that is smpplex, and caches and buffers have had their time.
sub wait_until_bound {
    my ($program, $load, $sim, $taken) = @_;
    my ($last, $same) = ('', 0);

    wait_for(60, sub {
        sleep 0.05;
        return 1 if defined $load->exited;
        my $now = join ' ', counted($sim, 'binds'),
            $program->{is_haproxy} ? () : $program->counters->{sessions};
        $same = $now eq $last && counted($sim, 'taken') > $taken ? $same + 1 : 0;
        $last = $now;
        return $same == 4;
    }) or die "not all are bound after a minute\n";
    is_good($load->report) if defined $load->exited;
    sleep 0.3;
    return;
}

# Some seconds of a load, from when all of it is bound: microseconds of the program for
# each message that the nodes of the simulator take. The kernel tells the split of user and
# system in ticks only, so it is the shares that are taken from them.
sub cpu_round {
    my ($program, $sim, $seconds, @load) = @_;
    my $taken = counted($sim, 'taken');
    my $load = start_load('-t', $program->addr, '--quiet', '-d', '300s', @load);

    wait_until_bound($program, $load, $sim, $taken);
    my ($messages, $begun, $before) = (counted($sim, 'taken'), time, cpu($program->{pid}));
    sleep $seconds;
    my $after = cpu($program->{pid});
    my $took = time - $begun;
    $messages = counted($sim, 'taken') - $messages;
    is_good($load->stop);

    my %d = map { ($_ => $after->{$_} - $before->{$_}) } keys %$before;
    my $total = $d{ns} / 1000 / $messages;
    my $ticks = $d{user} + $d{system} || 1;
    return {messages => $messages, total => $total, user => $total * $d{user} / $ticks,
            system => $total * $d{system} / $ticks, per_s => $messages / $took};
}

sub start_program {
    my ($program, @args) = @_;
    return bless({program_path => $program}, 'Smpplex::Test')->spawn($program, @args);
}

sub free_port {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "port: $!";
    return $socket->sockport;
}

# Two descriptors each.
use constant HAPROXY_MAXCONN => 5000;

# HAProxy with one thread, in TCP mode, for the nodes {name => address}; `default` is a
# line for its defaults, `bind` what stands behind its address.
sub start_haproxy {
    my ($nodes, %given) = @_;
    my $addr = '127.0.0.1:' . free_port();
    my $path = work_dir() . "/haproxy-$addr.cfg";
    my ($program) = grep { -x } '/usr/sbin/haproxy', '/usr/local/sbin/haproxy';

    die "haproxy is missing: ./bootstrap --bench\n" if !$program;
    open my $conf, '>', $path or die "$path: $!";
    print $conf map { "$_\n" } 'global', 'nbthread 1', 'maxconn ' . HAPROXY_MAXCONN, 'defaults', 'mode tcp',
        $given{default} // (), (map { "timeout $_" } 'connect 5s', 'client 60s', 'server 60s'),
        'listen a', "bind $addr " . ($given{bind} // ''), 'balance roundrobin',
        map { "server $_ $nodes->{$_}" } sort keys %$nodes;
    close $conf or die "$path: $!";
    my $self = bless({program_path => $program}, 'Smpplex::Test')->spawn('haproxy', '-f', $path);
    @$self{qw(names addrs is_haproxy)} = (['a'], {a => $addr}, 1);
    wait_for(5, sub { IO::Socket::INET->new(PeerAddr => $addr) })
        or die 'haproxy does not start: ' . $self->stderr_text;
    return $self;
}

sub perf_calls {
    my ($plex, $messages, @args) = @_;
    my $out = work_dir() . '/perf';
    my $perf = start_program('perf', 'stat', '-x,', '-e', 'raw_syscalls:sys_enter', '-o', $out,
                             '-p', $plex->{pid}, "$ENV{SMPPLEX_BIN}/smppload", '--quiet',
                             '-t', $plex->addr, '-n', $messages, @args);

    return undef if $perf->wait_end(60) ne '0';
    return slurp($out) =~ /^(\d+),.*raw_syscalls/m ? $1 / $messages : undef;
}

# Makes smpplex slower, and so its batches longer, than perf does.
sub strace_calls {
    my ($plex, $messages, @args) = @_;
    my $out = work_dir() . '/strace';
    my $strace = start_program('strace', '-c', '-f', '-o', $out, '-p', $plex->{pid});
    my $all_traced = sub {
        return 0 == grep { slurp($_) !~ /^TracerPid:\s*[1-9]/m }
            glob "/proc/$plex->{pid}/task/*/status";
    };

    wait_for(5, sub { defined $strace->exited || $all_traced->() });
    return undef if defined $strace->exited;
    is_good(run_load('-t', $plex->addr, '--quiet', '-n', $messages, @args));
    $strace->end('INT', 10);
    return slurp($out) =~ /^\s*100\.00\s.*?\s(\d+)(?:\s+\d+)?\s+total$/m ? $1 / $messages : undef;
}

# System calls for each message, and who counted; nothing if nobody can.
sub system_calls {
    my @given = @_;
    for my $way (['perf', \&perf_calls], ['strace', \&strace_calls]) {
        my $calls = $way->[1]->(@given);
        return ($calls, $way->[0]) if defined $calls;
    }
    return;
}

# Compiles what counts malloc's calls; undef where that can't be.
sub malloc_library {
    my ($source) = @_;
    my $library = work_dir() . '/count_malloc.so';
    my $cc = $ENV{TEST_CC} || 'cc';

    my $status = system("$cc -std=gnu11 -O2 -D_GNU_SOURCE -fno-builtin -shared -fPIC "
                        . "-o '$library' '$source' >'$library.log' 2>&1");
    return $status == 0 ? $library : undef;
}

# Calls of malloc, calloc, realloc and free for each message, in the second of three
# seconds of load: the first has the connections and binds, and buffers that grow.
sub mallocs {
    my ($plex, $counts, @args) = @_;
    my $load = start_load('-t', $plex->addr, '-d', '3s', @args);
    my @seen = map {
        sleep 1;
        [time, sum(unpack 'Q4', slurp($counts))];
    } 1 .. 2;
    my $report = $load->wait_report(60);

    is_good($report);
    return ($seen[1][1] - $seen[0][1]) /
        ($report->{accepted_per_s} * ($seen[1][0] - $seen[0][0]));
}

#
# What is said
#

# One figure for the CSV file.
sub note_figure {
    my ($table, $case, $round, $figure, $value) = @_;
    push @figures, [$table, $case, $round, $figure, $value];
    return;
}

sub csv_write {
    my ($path) = @_;
    open my $csv, '>', $path or die "$path: $!\n";
    for my $row ([qw(table case round figure value)], @figures) {
        print $csv join(',', map { /,/ ? qq("$_") : $_ } @$row), "\n";
    }
    close $csv or die "$path: $!\n";
    return;
}

# Rows of texts; the first column is at the left, the others at the right.
sub print_table {
    my ($title, @rows) = @_;
    my @width;

    for my $row (@rows) {
        $width[$_] = max($width[$_] // 0, length $row->[$_]) for 0 .. $#$row;
    }
    print "\n$title\n";
    for my $row (@rows) {
        my $line = join '  ', map { sprintf '%*s', $_ ? $width[$_] : -$width[$_], $row->[$_] }
            0 .. $#$row;
        print "  $line\n" =~ s/ +$//r;
    }
    return;
}

# A promise, and whether the figure keeps it.
sub holds {
    my ($promise, $format, $value, $limit) = @_;
    push @claims, [$promise, sprintf($format, $value), sprintf("at most $format", $limit),
                   $value <= $limit ? 'holds' : 'BROKEN'];
    return;
}

# True: all hold.
sub print_claims {
    print_table('Promises', @claims);
    return 0 == grep { $_->[3] ne 'holds' } @claims;
}

1;
