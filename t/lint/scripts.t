#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The shell scripts are well-formed, and the npm lock names no host.
use strict;
use warnings;
use Test::More;

my $src = $ENV{SMPPLEX_SRC} // '.';

for my $script (grep { -f } "$src/bootstrap", "$src/.ci/run", "$src/t/prove", "$src/t/again",
    "$src/t/lint/deep", "$src/t/fuzz/run", glob "$src/t/*.sh") {
    open my $in, '<', $script or die "$script: $!\n";
    my ($shell) = <$in> =~ m{^#!\s*(?:/usr/bin/env\s+|/bin/)(\w+)};
    my $said = `$shell -n '$script' 2>&1`;
    is($said, '', "$script is well-formed");
}

open my $lock, '<', "$src/t/interop/package-lock.json" or die "package-lock.json: $!\n";
my @hosts = grep { m{https?://} && /"resolved"/ } <$lock>;
is(scalar(@hosts), 0, 'the lock of the npm packages names no host') or diag(@hosts);
done_testing();
