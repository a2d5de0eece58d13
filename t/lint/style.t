#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# What can be counted of how the source is written.
use strict;
use warnings;
use File::Find;
use Test::More;

my $src = $ENV{SMPPLEX_SRC} // '.';
my ($COLUMNS, $FILE_LINES, $FUNCTION_LINES) = (100, 800, 60);

my %bad = map { $_ => [] } qw(licence blanks columns file function include);
my $count = 0;

sub look_at {
    my ($path, $name) = @_;
    my $is_table = $name =~ /\.def$/;    # a row is a line, however long
    my $start;
    open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
    while (my $line = <$in>) {
        chomp $line;
        my $at = "$name:$.";
        push @{$bad{licence}}, $at if $. == 1 && $line ne '/* SPDX-License-Identifier: ISC */';
        push @{$bad{blanks}}, $at if $line =~ /\t|\r|\s$/;
        push @{$bad{columns}}, "$at: " . length $line if !$is_table && length $line > $COLUMNS;
        push @{$bad{include}}, "$at: $line"
            if $line =~ /^\s*#\s*include\s+"([^"]+)"/ && $1 ne 'config.h' && $1 !~ m{^[a-z]+/[^/]+$};
        $start = $. if $line eq '{';
        if ($line =~ /^\}/ && defined $start) {
            my $lines = $. - $start + 1;
            push @{$bad{function}}, "$name:$start: $lines lines" if $lines > $FUNCTION_LINES;
            undef $start;
        }
    }
    push @{$bad{file}}, "$name: $. lines" if $. > $FILE_LINES;
}

find({no_chdir => 1, wanted => sub {
    return unless -f && m{\Q$src\E/((?:src|t)/.*\.(?:[ch]|def))$};
    my $name = $1;
    return if $name =~ m{node_modules};
    look_at($_, $name);
    $count++;
}}, "$src/src", "$src/t");

sub none {
    my ($key, $promise) = @_;
    is(scalar(@{$bad{$key}}), 0, $promise) or diag(join "\n", @{$bad{$key}});
}

ok($count > 0, 'there is source to look at');
none('licence', 'each file begins with its licence');
none('blanks', 'no tabs, carriage returns or trailing blanks');
none('columns', "no line is over $COLUMNS columns");
none('file', "no file is over $FILE_LINES lines");
none('function', "no function is over $FUNCTION_LINES lines");
none('include', 'each include of our own carries its folder');
done_testing();
