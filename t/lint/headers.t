#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Each header stands alone: a file that includes nothing else compiles.
use strict;
use warnings;
use File::Find;
use File::Temp;
use Test::More;

my $src = $ENV{SMPPLEX_SRC} // '.';
my $compile = join ' ', $ENV{TEST_CC} // 'cc',
    $ENV{TEST_CPPFLAGS} // "-D_GNU_SOURCE -I$src/src -I$src/t", $ENV{TEST_CFLAGS} // '-Wall -Wextra';

my @headers;
find({no_chdir => 1, wanted => sub {
    push @headers, $1 if m{\Q$src\E/(?:src|t)/(.*\.h)$} && $1 !~ m{node_modules};
}}, "$src/src", "$src/t");
ok(scalar(@headers), 'there are headers');

my $file = File::Temp->new(SUFFIX => '.c');
for my $header (sort @headers) {
    open my $out, '>', $file->filename or die "$file: $!\n";
    print $out "#include \"$header\"\n#include \"$header\"\n";
    close $out;
    my $said = `$compile -Werror -fsyntax-only $file 2>&1`;
    is($?, 0, "$header stands alone") or diag($said);
}
done_testing();
