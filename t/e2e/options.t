#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The command line: what it prints, how it exits, what it says of mistakes.
use strict;
use warnings;
use Test::More;

use Smpplex::Peer;
use Smpplex::Test;

my $smpplex = "$ENV{SMPPLEX_BIN}/smpplex";

# Runs it to its end: exit status, stdout, stderr.
sub run {
    my (@args) = @_;
    my $program = Smpplex::Test::spawn(bless({}, 'Smpplex::Test'), 'smpplex', @args);
    my $status = $program->wait_end(10);
    $program->end('KILL');
    return ($status, $program->stdout_text, $program->stderr_text);
}

sub file {
    my ($name, $text) = @_;
    my $path = work_dir . "/$name";
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out;
    return $path;
}

for my $option ('-h', '--help') {
    my ($status, $out, $err) = run($option);
    is("$status $err", '0 ', "$option exits with 0");
    like($out, qr/^Usage: smpplex/, "$option says how");
}
for my $option ('-V', '--version') {
    my ($status, $out, $err) = run($option);
    is("$status $err", '0 ', "$option exits with 0");
    like($out, qr/^smpplex \d+\.\d+/, "$option says which");
}

my $good = file('good.conf', conf_text(nodes => [['a', '127.0.0.1:1', weight => 3]],
                                       farm => {'queue-timeout' => '7s'}));
my ($status, $out, $err) = run('-t', '-c', $good);
is("$status $err", '0 ', '-t with a good file exits with 0');
like($out, qr/good\.conf: no mistakes/, 'and says so');

($status, $out, $err) = run('-T', '-c', $good);
is("$status $err", '0 ', '-T exits with 0');
like($out, qr/queue-timeout = "?7s/, '-T prints what the file says');
like($out, qr/response-timeout = "?(60s|1m)/, 'and what it does not say');
my $printed = file('printed.conf', $out);
my (undef, $again) = run('-T', '-c', $printed);
is($again, $out, 'what -T prints is a configuration that prints the same');

my %mistakes = (
    "farm f {\n  node a { address = \"127.0.0.1:1\" }\n  wieght = 3\n}\nlistener l { address = \"0\" }\n" => 3,
    "farm f {\n  node a {\n    address = \"127.0.0.1:1\"\n    weight = many\n  }\n}\nlistener l { address = \"0\" }\n" => 4,
    "farm f {\n  node a { address = \"127.0.0.1:99999\" }\n}\nlistener l { address = \"0\" }\n" => 2,
    "farm f {\n  node a { address = \"127.0.0.1:1\" }\n}\nlistener l { address = \"0\"\n farm = g }\n" => 5,
);
for my $text (sort keys %mistakes) {
    my $path = file('bad.conf', $text);
    for my $args (['-t', '-c', $path], ['-c', $path]) {
        my ($status, undef, $err) = run(@$args);
        is($status, 2, "a mistake in line $mistakes{$text}: exit status 2");
        like($err, qr/\Q$path\E:$mistakes{$text}: ./, 'told with file and line')
            or diag($err);
        is(scalar(split /\n/, $err), 1, 'in one line');
    }
}

my @wrong = ([], ['--listen', '0'], ['--node', '1'], ['-c', $good, '--listen', '0'],
             ['--no-such'], ['-c', $good, 'more'], ['-c', '/no/such/file'],
             ['--listen', 'x:y', '--node', '1'], ['--listen', '0', '--node', '70000'],
             ['-c', $good, '--log-level', 'loud'], ['-c', $good, '--log', 'file:/no/such/dir/log']);
for my $args (@wrong) {
    my ($status, undef, $err) = run(@$args);
    is($status, 2, "smpplex @$args: exit status 2");
    like($err, qr/^smpplex: /m, 'it says why');
}

subtest 'an address in use' => sub {
    my $door = Smpplex::Peer->listen;
    my ($status, undef, $err) = run('--listen', $door->addr, '--node', '1');
    is($status, 2, 'exit status 2');
    like($err, qr/cannot listen address=\S+ error="Address already in use"/, 'it says why');
};

subtest 'a ready file that cannot be written' => sub {
    my ($status, undef, $err) = run('--listen', '127.0.0.1:0', '--node', '1',
                                    '--ready-file', '/no/such/dir/ready');
    isnt($status, 0, 'ends it');
    like($err, qr/cannot write the ready file/, 'it says why');
};

subtest '--listen and --node are a whole set-up' => sub {
    my $sim = start_sim('a=0', 'b=0');
    my $plex = start_plex(args => ['--listen', '127.0.0.1:0', '-l', '127.0.0.2:0',
                                   '-n', $sim->addr('a'), '--node', $sim->addr('b')]);
    is(scalar(@{$plex->{names}}), 2, 'the ready file has both listeners');
    my @addrs = map { $plex->addr($_) } @{$plex->{names}};
    like("@addrs", qr/^127\.0\.0\.1:\d+ 127\.0\.0\.2:\d+$/, 'with the ports that they got');
    is(run_load('-t', $addrs[0], '-t', $addrs[1], '-c', 2, '-n', 100)->{accepted}, 100,
       'messages pass');
    $plex->is_good;
    drop($sim);
};

subtest 'SIGINT ends it like SIGTERM' => sub {
    my $plex = start_plex(args => ['--listen', '127.0.0.1:0', '--node', '1']);
    is($plex->end('INT'), 0, 'exit status 0');
    $plex->is_good;
};

done_testing();
