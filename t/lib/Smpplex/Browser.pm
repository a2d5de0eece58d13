# SPDX-License-Identifier: ISC
#
# A real browser: headless Chromium, driven through chromedriver (W3C WebDriver). It keeps
# what the page says on its console, and ends with the test.
package Smpplex::Browser;

use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64;
use POSIX ();
use Time::HiRes qw(sleep time);

use Smpplex::Test;

my $ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
my $owner = $$;
my @open;

# Both programs, or undef: what is missing, in words.
sub missing {
    for my $program (qw(chromium chromedriver)) {
        return "$program is missing (Debian: chromium, chromium-driver): ./bootstrap installs it"
            if !grep { -x "$_/$program" } split /:/, $ENV{PATH};
    }
    return;
}

sub start_driver {
    my ($self) = @_;
    my $out = work_dir . '/chromedriver.out';

    $self->{pid} = fork // die "fork: $!";
    if ($self->{pid} == 0) {
        setpgrp;    # what it starts ends with it
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out;
        open STDERR, '>&', \*STDOUT;
        chdir work_dir;
        exec 'chromedriver', '--port=0' or POSIX::_exit(127);
    }
    push @open, $self;
    wait_for(15, sub {
        open my $file, '<', $out or return;
        local $/;
        ($self->{port}) = (<$file> // '') =~ /started successfully on port (\d+)/;
    }) or die 'chromedriver does not start';
    return;
}

sub start {
    my ($class, %given) = @_;
    my $self = bless {http => HTTP::Tiny->new(timeout => 60, keep_alive => 1)}, $class;
    my @flags = (qw(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
        --disable-background-networking --disable-component-update --disable-sync
        --disable-dev-shm-usage --hide-scrollbars), '--user-data-dir=' . work_dir . '/chromium');

    start_driver($self);
    my $answer = $self->command(POST => '/session', {capabilities => {alwaysMatch => {
        browserName => 'chrome',
        'goog:chromeOptions' => {args => \@flags},
        'goog:loggingPrefs' => {browser => 'ALL'},
    }}});
    $self->{session} = $answer->{sessionId};
    return $self;
}

# One command; its value. Dies where it fails.
sub command {
    my ($self, $method, $path, $body) = @_;
    my $session = $self->{session} ? "/session/$self->{session}" : '';
    my %request = $method eq 'POST' ? (content => encode_json($body // {})) : ();
    my $response = $self->{http}->request($method, "http://127.0.0.1:$self->{port}$session$path",
        {%request, headers => {'Content-Type' => 'application/json'}});
    my $value = eval { decode_json($response->{content})->{value} };

    die "$method $path: $response->{status} " . ($value->{message} // $response->{content}) . "\n"
        if !$response->{success};
    return $value;
}

sub open { return $_[0]->command(POST => '/url', {url => $_[1]}) }

# What a piece of JavaScript returns.
sub js {
    my ($self, $script, @args) = @_;
    return $self->command(POST => '/execute/sync', {script => $script, args => \@args});
}

# The text of what a selector finds, as it is shown; '' where there is nothing.
sub text {
    my ($self, $css) = @_;
    return $self->js('const it = document.querySelector(arguments[0]); return it ? it.innerText : ""', $css);
}

sub find {
    my ($self, $css) = @_;
    return $self->command(POST => '/element', {using => 'css selector', value => $css})->{$ELEMENT};
}

sub click {
    my ($self, $css) = @_;
    return $self->command(POST => '/element/' . $self->find($css) . '/click');
}

sub type {
    my ($self, $css, $text) = @_;
    return $self->command(POST => '/element/' . $self->find($css) . '/value', {text => $text});
}

# Keys to whatever has the focus; special ones as WebDriver has them.
sub keys {
    my ($self, @keys) = @_;
    my @actions = map { ({type => 'keyDown', value => $_}, {type => 'keyUp', value => $_}) } @keys;
    return $self->command(POST => '/actions', {actions => [{type => 'key', id => 'k', actions => \@actions}]});
}

sub cdp {
    my ($self, $cmd, %params) = @_;
    return $self->command(POST => '/goog/cdp/execute', {cmd => $cmd, params => \%params});
}

# How large the screen is, in CSS pixels.
sub screen {
    my ($self, $width, $height, $mobile) = @_;
    return $self->cdp('Emulation.setDeviceMetricsOverride', width => $width, height => $height,
        deviceScaleFactor => $mobile ? 2 : 1, mobile => $mobile ? JSON::PP::true : JSON::PP::false);
}

sub scheme {
    my ($self, $scheme) = @_;
    return $self->cdp('Emulation.setEmulatedMedia',
        features => [{name => 'prefers-color-scheme', value => $scheme}]);
}

# The whole page, to a file.
sub screenshot {
    my ($self, $path) = @_;
    my $shot = $self->cdp('Page.captureScreenshot', captureBeyondViewport => JSON::PP::true);
    CORE::open my $file, '>:raw', $path or die "$path: $!";
    print $file decode_base64($shot->{data});
    close $file;
    return;
}

# What the console has said since the last call.
sub console {
    my ($self) = @_;
    return map { "$_->{level} $_->{message}" } @{$self->command(POST => '/se/log', {type => 'browser'})};
}

sub quit {
    my ($self) = @_;
    return if !$self->{pid};
    eval { $self->command(DELETE => '') } if $self->{session};
    kill 'TERM', -$self->{pid};
    waitpid $self->{pid}, 0;
    kill 'KILL', -$self->{pid};
    $self->{pid} = 0;
    return;
}

END {
    my $status = $?;
    if ($$ == $owner) { $_->quit for @open }
    $? = $status;
}

1;
