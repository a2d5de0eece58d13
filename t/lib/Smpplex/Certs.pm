# SPDX-License-Identifier: ISC
#
# A certificate authority for tests, in a folder of its own: certificates good and bad, and
# revocation lists, all by the openssl command. Files are PEM; a key stands in its
# certificate's file too.
package Smpplex::Certs;

use strict;
use warnings;
use POSIX qw(strftime);

sub run {
    my ($self, @args) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', @args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "openssl @args: see $self->{dir}/log" if $? != 0;
    return;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file;
    return $path;
}

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!";
    local $/;
    return <$file>;
}

# Smpplex::Certs->new(FOLDER, NAME): an authority of that name.
sub new {
    my ($class, $dir, $name) = @_;
    my $self = bless {dir => "$dir/$name", name => $name, serial => 0x1000}, $class;

    mkdir $self->{dir} or die "$self->{dir}: $!";
    write_file("$self->{dir}/index", '');
    write_file("$self->{dir}/index.attr", "unique_subject = no\n");
    write_file("$self->{dir}/serial", "1000\n");
    $self->{conf} = write_file("$self->{dir}/conf", <<"END");
[ca]
default_ca = d
[d]
dir = $self->{dir}
database = $self->{dir}/index
serial = $self->{dir}/serial
new_certs_dir = $self->{dir}
certificate = $self->{dir}/ca.pem
private_key = $self->{dir}/ca.key
default_md = sha256
default_days = 100
default_crl_days = 100
policy = p
[p]
commonName = supplied
[req]
distinguished_name = n
[n]
END
    $self->run(qw(req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 400), '-config',
               $self->{conf}, '-keyout', "$self->{dir}/ca.key", '-out', "$self->{dir}/ca.pem",
               '-subj', "/CN=$name", '-addext', 'basicConstraints=critical,CA:TRUE', '-addext',
               'keyUsage=critical,keyCertSign,cRLSign');
    return $self;
}

sub ca { return "$_[0]{dir}/ca.pem" }

# A certificate for that common name; `san` as openssl takes it, `days` from now that it ends
# (also before now), `key` "rsa". Returns the file.
sub certificate {
    my ($self, $cn, %given) = @_;
    my $base = "$self->{dir}/" . ($given{file} // $cn);
    my @new = ($given{key} // '') eq 'rsa' ? qw(-newkey rsa:2048)
        : qw(-newkey ec -pkeyopt ec_paramgen_curve:P-256);
    my $end = strftime('%Y%m%d%H%M%SZ', gmtime(time + 86400 * ($given{days} // 100)));

    write_file("$base.ext", 'subjectAltName=' . ($given{san} // "DNS:$cn") . "\n");
    $self->run('req', @new, '-nodes', '-config', $self->{conf}, '-keyout', "$base.key", '-out',
               "$base.csr", '-subj', "/CN=$cn");
    $self->run(qw(ca -batch -notext -config), $self->{conf}, '-in', "$base.csr", '-out',
               "$base.crt", '-startdate', '20200101000000Z', '-enddate', $end, '-extfile',
               "$base.ext");
    return write_file("$base.pem", read_file("$base.crt") . read_file("$base.key"));
}

# One that nobody has signed but itself.
sub self_signed {
    my ($self, $cn) = @_;
    my $base = "$self->{dir}/self-$cn";

    $self->run(qw(req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 100), '-config',
               $self->{conf}, '-keyout', "$base.key", '-out', "$base.crt", '-subj', "/CN=$cn",
               '-addext', "subjectAltName=DNS:$cn");
    return write_file("$base.pem", read_file("$base.crt") . read_file("$base.key"));
}

# The revocation list, once the certificates of these files are on it.
sub crl {
    my ($self, @files) = @_;
    $self->run('ca', '-config', $self->{conf}, '-revoke', s/\.pem$/.crt/r) for @files;
    $self->run('ca', '-config', $self->{conf}, '-gencrl', '-out', "$self->{dir}/crl.pem");
    return "$self->{dir}/crl.pem";
}

1;
