#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The folder is the layer: a file includes its own layer's headers and those
# of lower layers that its layer may know, never upward.
use strict;
use warnings;
use File::Find;
use Test::More;

my $src = $ENV{SMPPLEX_SRC} // '.';

my %knows = (
    base   => [],
    smpp   => ['base'],
    http   => ['base'],
    tls    => ['base'],
    conf   => [qw(base smpp tls)],
    net    => [qw(base tls)],
    route  => [qw(base smpp conf)],
    proxy  => [qw(base smpp tls conf net route)],
    check  => [qw(base smpp tls http conf net route)],
    admin  => [qw(base http tls conf net route)],
    daemon => [qw(base smpp http tls conf net route proxy check admin)],
    tools  => [qw(base smpp http tls net)],
);

my (%files, %bad);
find({no_chdir => 1, wanted => sub {
    return unless m{\Q$src\E/src/(([^/]+)/.*\.(?:[ch]|def))$};
    my ($name, $layer) = ($1, $2);
    push @{$files{$layer}}, $name;
    open my $in, '<', $_ or die "$_: $!\n";
    while (my $line = <$in>) {
        next unless $line =~ /^\s*#\s*include\s+"([^"]+)"/;
        my $header = $1;
        next if $header eq 'config.h';
        my ($folder) = $header =~ m{^([^/]+)/};
        next if defined $folder && grep { $_ eq $folder } $layer, @{$knows{$layer} // []};
        push @{$bad{$layer}}, "src/$name:$.: $header is not for the layer $layer";
    }
}}, "$src/src");

ok(exists $knows{$_}, "src/$_ is a layer") for sort keys %files;
for my $layer (sort keys %files) {
    my @bad = @{$bad{$layer} // []};
    is(scalar(@bad), 0, "$layer includes only what it may know") or diag(join "\n", @bad);
}
done_testing();
