#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# The manual pages format without a word from groff, and give some text.
use strict;
use warnings;
use Test::More;

my $src = $ENV{SMPPLEX_SRC} // '.';

like(`groff --version 2>&1`, qr/^GNU groff/, 'groff is there (Debian: groff-base)');
for my $page (sort glob "$src/man/*.[1-9]") {
    my ($name) = $page =~ m{([^/]+)$};
    my $said = `groff -mandoc -Tutf8 -ww -z '$page' 2>&1`;
    is($said, '', "$name formats without a warning");
    my $text = `groff -mandoc -Tutf8 -P-cbou '$page' 2>/dev/null`;
    like($text, qr/^NAME\n.*^(?:SYNOPSIS|DESCRIPTION)\n/ms, "$name has a name and says something");
}
done_testing();
