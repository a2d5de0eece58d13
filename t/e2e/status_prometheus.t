#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# /metrics is what Prometheus takes: promtool finds nothing to remark, a real Prometheus
# scrapes it, the alert rules fire when they should, and the dashboard asks for what there is.
use strict;
use warnings;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use Smpplex::Http;
use Smpplex::Test;

my ($promtool) = grep { -x } map { "$_/promtool" } split /:/, $ENV{PATH};
ok($promtool, 'promtool is there (Debian: prometheus)') or BAIL_OUT('./bootstrap installs it');

sub file {
    my ($name, $text) = @_;
    my $path = work_dir . "/$name";
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out;
    return $path;
}

my $sim = start_sim('a=0,latency=2ms', 'b=0', {no_log => 1});
my $plex = start_plex(conf => conf_text(
    farm => {reconnect => '100ms', 'reconnect-max' => '200ms'},
    nodes => [['a', $sim->addr('a')], ['b', $sim->addr('b')], ['dead', '127.0.0.1:1']])
    . "status {\n    address = \"127.0.0.1:0\"\n}\n");
my $addr = $plex->addr('status');
run_load('-t', $plex->addr('smpp'), '-c', 4, '-w', 20, '-n', 3000);
my $load = start_load('-t', $plex->addr('smpp'), '-c', 3, '-w', 10, '-r', 300, '-d', '600s');
eventually('three sessions', sub { http_get($addr, '/metrics')->{body} =~ /^smpplex_sessions_bound 3$/m });

my $metrics = http_get($addr, '/metrics');
is($metrics->{headers}{'content-type'}, 'text/plain; version=0.0.4; charset=utf-8', 'its type');
my $path = file('metrics', $metrics->{body});
is(`$promtool check metrics <$path 2>&1`, '', 'promtool check metrics has nothing to remark');
is($? >> 8, 0, 'and exits with 0');

my %families;
for my $line (split /\n/, $metrics->{body}) {
    if ($line =~ /^# TYPE (\S+) (\S+)$/) { ok(!$families{$1}++, "$1 is there once") }
    next if $line =~ /^#/;
    $line =~ /^(\w+?)(?:_bucket|_sum|_count)?(\{.*\})? (\S+)$/ or fail("a line: $line");
    fail("$line: no family") if !$families{$1} && !$families{"$1_total"} && $line !~ /^(\w+)/;
}
my ($last, %buckets) = (0);
for my $count ($metrics->{body} =~ /^smpplex_node_response_seconds_bucket\{farm="f",node="a",.* (\d+)$/mg) {
    cmp_ok($count, '>=', $last, 'buckets only grow') if $count < $last;
    $last = $count;
}
like($metrics->{body}, qr/_count\{farm="f",node="a"\} $last$/m, 'the last bucket is the count');

my $out = `$promtool check rules '$ENV{SMPPLEX_SRC}/etc/smpplex.rules.yaml' 2>&1`;
is($? >> 8, 0, 'promtool check rules takes etc/smpplex.rules.yaml') or diag($out);

# A port that is free now.
my $port = do {
    my $socket = IO::Socket::IP->new(Listen => 1, LocalHost => '127.0.0.1', LocalPort => 0) or die $!;
    $socket->sockport;
};
my $rules = Smpplex::Test::slurp("$ENV{SMPPLEX_SRC}/etc/smpplex.rules.yaml") =~ s/for: 1m\n/for: 2s\n/gr;
file('rules.yaml', $rules);
my $conf = file('prometheus.yaml', <<"END");
global: {scrape_interval: 500ms, evaluation_interval: 500ms}
rule_files: [rules.yaml]
scrape_configs:
  - job_name: smpplex
    static_configs: [{targets: ["$addr"]}]
END
my ($binary) = grep { -x } map { "$_/prometheus" } split /:/, $ENV{PATH};
my $prometheus = Smpplex::Test::spawn(bless({program_path => $binary}, 'Smpplex::Test'), 'prometheus',
    "--config.file=$conf", '--storage.tsdb.path=' . work_dir . '/tsdb', "--web.listen-address=127.0.0.1:$port",
    '--log.level=warn');

sub query {
    my ($expression) = @_;
    my $escaped = $expression =~ s/([^A-Za-z0-9_])/sprintf '%%%02X', ord $1/ger;
    my $response = eval { http("127.0.0.1:$port", 'GET', "/api/v1/query?query=$escaped", headers => {Host => 'localhost'}) };
    my $answer = eval { decode_json($response->{body}) } // {};
    return undef if ($answer->{status} // '') ne 'success';
    return $answer->{data}{result};
}

sub value { my $result = query(@_); return $result && @$result ? $result->[0]{value}[1] : undef }

eventually('a real Prometheus scrapes it', sub { (value('up{job="smpplex"}') // 0) == 1 }, 20);
is(value('smpplex_sessions_bound'), 3, 'and has its numbers');
eventually('rates come of them', sub { (value('sum(rate(smpplex_node_requests_total[10s]))') // 0) > 150 }, 10);
eventually('and a quantile of the histogram', sub {
    my $p50 = value('histogram_quantile(0.5, rate(smpplex_node_response_seconds_bucket{node="a"}[10s]))') // 'none';
    $p50 ne 'NaN' && $p50 ne 'none' && $p50 > 0.001 && $p50 < 0.1;
}, 10);
eventually('the alert of a dead node fires', sub {
    my $alerts = query('ALERTS{alertstate="firing"}') // [];
    grep { $_->{metric}{alertname} eq 'SmpplexNodeDown' && $_->{metric}{node} eq 'dead' } @$alerts;
}, 20);
is(scalar(grep { $_->{metric}{node} ne 'dead' } @{query('ALERTS{alertname="SmpplexNodeDown"}') // []}), 0,
   'and no other node\'s');

subtest 'the dashboard asks for what there is' => sub {
    my $board = decode_json(Smpplex::Test::slurp("$ENV{SMPPLEX_SRC}/etc/smpplex.dashboard.json"));
    for my $panel (@{$board->{panels}}) {
        for my $target (@{$panel->{targets}}) {
            my $expression = $target->{expr} =~ s/\$instance|\$farm/.*/gr;
            my $result = query($expression);
            ok(defined $result, "$panel->{title}: a good expression") or diag($expression);
            my $bare = $expression =~ s/> 0$//r;
            for my $name ($bare =~ /\b((?:smpplex|process)_\w+)/g) {
                ok(value("count($name)"), "$panel->{title}: $name is there");
            }
        }
    }
};

$_->end('TERM') for $load, $prometheus;
$plex->is_good;
done_testing;
