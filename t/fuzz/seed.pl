#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Makes the corpora of the fuzz targets: one file for each thing that a PDU may
# be, named for it. Files that are there for another reason stay.
#
#     t/fuzz/seed.pl t/fuzz/corpus
use strict;
use warnings;
use File::Path 'make_path';

my $folder = shift // die "usage: t/fuzz/seed.pl FOLDER\n";

my %ID = (
    bind_receiver => 1, bind_transmitter => 2, query_sm => 3, submit_sm => 4, deliver_sm => 5,
    replace_sm => 7, cancel_sm => 8, bind_transceiver => 9, enquire_link => 0x15,
    submit_multi => 0x21, data_sm => 0x103, broadcast_sm => 0x111, query_broadcast_sm => 0x112,
    cancel_broadcast_sm => 0x113,
);

sub save {
    my ($target, $name, $bytes) = @_;
    make_path("$folder/fuzz_$target");
    open my $out, '>:raw', "$folder/fuzz_$target/$name" or die "$name: $!\n";
    print $out $bytes;
    close $out or die "$name: $!\n";
    save('describe', $name, $bytes) if $target eq 'bind' && $name !~ /^stray/;
}

sub pdu {
    my ($command, $body, %with) = @_;
    my ($name, $resp) = $command =~ /^(.*?)(_resp)?$/;
    my $id = $ID{$name} | ($resp ? 0x80000000 : 0);
    return pack('N4', $with{length} // 16 + length $body, $id, $with{status} // 0, 7) . $body;
}

sub tlv { my ($tag, $value, $length) = @_; return pack('n2', $tag, $length // length $value) . $value }
sub wide { return join '', map { "\0$_" } split //, shift }
sub address { return "\1\1$_[0]\0" }

# submit_sm, deliver_sm, data_sm or submit_multi.
sub message {
    my ($command, %with) = @_;
    my $text = $with{text} // '';
    my $to = $command eq 'submit_multi' ? $with{to} // "\2\1" . address('46701') . "\2staff\0"
        : address('46700000001');
    my $body = "WAP\0" . address('Acme') . $to . chr($with{esm} // 0);
    $body .= $command eq 'data_sm' ? "\1" : "\0\0\0\0\1\0";
    $body .= chr($with{coding} // 0);
    $body .= "\0" . chr($with{sm_length} // length $text) . $text if $command ne 'data_sm';
    return pdu($command, $body . ($with{tlvs} // ''));
}

sub save_pdu {
    my ($name, $bytes, $choice) = @_;
    save('pdu', $name, ($choice // "\1\6") . $bytes);
    save('describe', $name, $bytes);
}

# --- PROXY headers
my $v2 = "\r\n\r\n\0\r\nQUIT\n";
my $in4 = pack 'C8n2', 192, 0, 2, 7, 198, 51, 100, 1, 40112, 2775;
my $in6 = pack 'n8n8n2', 0x2001, 0xDB8, 0, 0, 0, 0, 0, 7, 0x2001, 0xDB8, 0, 0, 0, 0, 0, 1, 40112, 2775;
my %header = (
    'v1-tcp4' => "PROXY TCP4 192.0.2.7 198.51.100.1 40112 2775\r\n",
    'v1-tcp6' => "PROXY TCP6 2001:db8::7 2001:db8::1 40112 2775\r\n",
    'v1-unknown' => "PROXY UNKNOWN\r\n",
    'v1-unknown-words' => "PROXY UNKNOWN ffff::1 x\r\n",
    'v1-cut' => 'PROXY TCP4 192.0.2.7 198.',
    'v1-long' => 'PROXY UNKNOWN ' . 'x' x 100,
    'v1-no-return' => "PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n",
    'v1-nul' => "PROXY TCP4 192.0.2.7\0 198.51.100.1 1 2\r\n",
    'v2-tcp4' => $v2 . pack('CCn/a', 0x21, 0x11, $in4),
    'v2-tcp6' => $v2 . pack('CCn/a', 0x21, 0x21, $in6),
    'v2-unix' => $v2 . pack('CCn/a', 0x21, 0x31, pack 'a108a108', '/run/a', '/run/b'),
    'v2-local' => $v2 . pack('CCn', 0x20, 0, 0),
    'v2-unspec' => $v2 . pack('CCn', 0x21, 0, 0),
    'v2-extension' => $v2 . pack('CCn/a', 0x21, 0x11, $in4 . pack 'Cn/a', 2, 'acme'),
    'v2-short' => $v2 . pack('CCn/a', 0x21, 0x11, substr $in4, 1),
    'v2-long' => $v2 . pack('CCn', 0x21, 0x11, 600),
    'v2-version' => $v2 . pack('CCn', 0x31, 0x11, 0),
    'v2-datagram' => $v2 . pack('CCn/a', 0x21, 0x12, $in4),
    'v2-cut' => substr($v2, 0, 9),
    'v2-and-smpp' => $v2 . pack('CCn/a', 0x21, 0x11, $in4) . pack('N4', 16, 0x15, 0, 1),
    'smpp' => pack('N4', 16, 0x15, 0, 1), 'post' => "POST / HTTP/1.1\r\n", 'empty' => '',
);
save('proxy_header', $_, $header{$_}) for keys %header;

# --- responses of HTTP: the first octet is the size of the pieces less one
sub save_http { my ($name, $bytes, $piece) = @_; save('http', $name, chr($piece // 0) . $bytes =~ s/\n/\r\n/gr) }

save_http('length', "HTTP/1.1 200 OK\nContent-Length: 5\n\nxaaab");
save_http('length-cut', "HTTP/1.1 200 OK\nContent-Length: 9\n\nxaaab", 3);
save_http('length-twice', "HTTP/1.1 200 OK\nContent-Length: 1\nContent-Length: 2\n\nab");
save_http('length-and-chunks', "HTTP/1.1 200 OK\nContent-Length: 1\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n");
save_http('chunks', "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nxa\n2;a=b\nab\n0\nTrailer: x\n\n", 6);
save_http('chunk-size-bad', "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nzz\nxa\n");
save_http('chunk-size-huge', "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nFFFFFFFFFFFFFFFFF\nxa\n");
save_http('until-end', "HTTP/1.0 200 OK\n\nxaaab", 1);
save_http('body-too-long', "HTTP/1.0 200 OK\n\n" . 'xaa' x 100 . 'b', 99);
save_http('header-too-long', "HTTP/1.1 200 OK\nA: " . 'x' x 600 . "\n\n", 200);
save_http('interim', "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Hints\nA: b\n\nHTTP/1.1 200 OK\nContent-Length: 3\n\naab");
save_http('switching', "HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: upgrade\n\naab", 255);
save_http('no-content', "HTTP/1.1 204 No Content\n\nbehind");
save_http('not-modified', "HTTP/1.1 304 Not Modified\nContent-Length: 5\n\n");
save_http('two', "HTTP/1.1 200 OK\nContent-Length: 1\n\naHTTP/1.1 500 X\n\n", 255);
save_http('phrase-none', "HTTP/1.1 200\nContent-Length: 0\n\n");
save_http('phrase-long', "HTTP/1.1 503 " . 'x' x 80 . "\n\n", 4);
save('http', 'line-feeds-only', "\0HTTP/1.1 200 OK\nContent-Length: 3\n\naab");
save_http('status-bad', "HTTP/1.1 2x0 OK\n\n");
save_http('request', "GET / HTTP/1.1\n\n");
save_http('tls', "\x15\3\1\0\2\2\x46");
save_http('continued-header', "HTTP/1.1 200 OK\nA: b\n c\nContent-Length: 0\n\n", 2);
save_http('empty', '');

# --- binds and what else comes first
my $bind = "smppclient1\0secret08\0SUBMIT\0\x34\1\1*\0";
save('bind', $_, pdu($_, $bind)) for qw(bind_receiver bind_transmitter bind_transceiver);
save('bind', 'bind-empty-fields', pdu('bind_transceiver', "\0\0\0\x34\0\0\0"));
save('bind', 'bind-long-fields', pdu('bind_transceiver', join '', map { ('x' x 90) . "\0" } 1 .. 3) . "\x34\0\0\0");
save('bind', 'bind-cut', pdu('bind_transceiver', substr $bind, 0, 20));
save('bind', 'bind-without-nul', pdu('bind_transceiver', 'x' x 40));
save('bind', 'bind-partial', substr pdu('bind_transceiver', $bind), 0, 30);
save('bind', 'bind-over-512', pdu('bind_transceiver', $bind . 'x' x 500));
save('bind', 'bind-with-tlv', pdu('bind_transceiver', $bind . tlv(0x1400, 'x')));
save('bind', 'bind-length-15', pdu('bind_transceiver', $bind, length => 15));
save('bind', 'bind-length-huge', pdu('bind_transceiver', $bind, length => 0xFFFFFFFF));
save('bind', 'bind_resp', pdu('bind_transceiver_resp', "emg\0" . tlv(0x210, "\x34")));
save('bind', 'bind_resp-refused', pdu('bind_transceiver_resp', '', status => 0x0E));
save('bind', 'bind_resp-without-nul', pdu('bind_transceiver_resp', 'emg'));
save('bind', 'bind_resp-cut-tlv', pdu('bind_transceiver_resp', "emg\0" . tlv(0x210, '', 9)));
save('bind', 'enquire_link', pdu('enquire_link', ''));
save('bind', 'empty', '');
save('bind', 'stray-http', "GET / HTTP/1.1\r\n\r\n");
save('bind', 'stray-post', "POST / HTTP/1.1\r\n\r\n");
save('bind', 'stray-tls', "\x16\3\1\2\0\1\0\1\xFC\3\3");
save('bind', 'stray-amqp', "AMQP\0\0\x09\1");
save('bind', 'stray-rdp', "\3\0\0\x13\x0E\xE0\0\0\0\0\0\1\0\x08\0\3\0\0\0");
save('bind', 'stray-ssh', "SSH-2.0-OpenSSH_9.2\r\n");

# --- commands with a message_id
my $behind = address('46700');
save_pdu($_ . '_resp', pdu($_ . '_resp', "1234\0"))
    for qw(submit_sm data_sm broadcast_sm query_broadcast_sm);
save_pdu('submit_multi_resp', pdu('submit_multi_resp', "4d2\0\1" . $behind . "\0\0\0\x0B"));
save_pdu('query_sm_resp', pdu('query_sm_resp', "00012aBc\0" . "261231235959000+\0\2\0"));
save_pdu('submit_sm_resp-refused-16', pdu('submit_sm_resp', '', status => 0x58));
save_pdu('submit_sm_resp-refused-17', pdu('submit_sm_resp', "\0", status => 0x58));
save_pdu('submit_sm_resp-without-nul', pdu('submit_sm_resp', '1234'));
save_pdu('submit_sm_resp-64', pdu('submit_sm_resp', ('9' x 64) . "\0"), "\xFF\xFF");
save_pdu('submit_sm_resp-65', pdu('submit_sm_resp', ('9' x 65) . "\0"), "\xFF\xFF");
save_pdu('submit_sm_resp-number-max', pdu('submit_sm_resp', "18446744073709551615\0"));
save_pdu('submit_sm_resp-number-over', pdu('submit_sm_resp', "18446744073709551616\0"));
save_pdu('submit_sm_resp-hex-max', pdu('submit_sm_resp', "FFFFFFFFFFFFFFFF\0"));
save_pdu('submit_sm_resp-uuid', pdu('submit_sm_resp', "6f1ed002-ab56-4c5c-8e8c-1b3d3b1a1e00\0"));
save_pdu('submit_sm_resp-zeros', pdu('submit_sm_resp', "0000\0" . tlv(0x428, "\x5A")));
save_pdu($_, pdu($_, "1234\0" . $behind)) for qw(query_sm query_broadcast_sm);
save_pdu('replace_sm', pdu('replace_sm', "1234\0" . $behind . "\0\0\1\0\2hi"));
save_pdu('cancel_sm', pdu('cancel_sm', "WAP\0001234\0" . $behind . $behind));
save_pdu('cancel_sm-empty', pdu('cancel_sm', "\0\0" . $behind . $behind));
save_pdu('cancel_sm-cut', pdu('cancel_sm', "WAP\000123"));
save_pdu('cancel_broadcast_sm', pdu('cancel_broadcast_sm', "CMT\0001234\0" . $behind));

# --- messages, and the marks of long ones
my %mark = (
    udh8 => "\5\0\3\x11\2\1", udh16 => "\6\x08\4\x12\x34\2\1",
    'udh-ports-first' => "\x0B\5\4\x0B\x84\x23\xF0\0\3\7\2\1", 'udh-lies' => "\xFF\0\3\1\2\1",
    'udh-element-lies' => "\5\0\xFF\1\2\1", 'udh-total-0' => "\5\0\3\7\0\0", 'udh-empty' => "\0",
);
for my $mark (sort keys %mark) {
    save_pdu("submit_sm-$mark", message('submit_sm', esm => 0x40, text => "$mark{$mark}text"));
    save_pdu("data_sm-$mark", message('data_sm', esm => 0x40, tlvs => tlv(0x424, "$mark{$mark}text")));
}
my $sar = tlv(0x20C, "\x12\x34") . tlv(0x20E, "\2") . tlv(0x20F, "\1");
save_pdu('submit_sm-sar', message('submit_sm', text => 'hi', tlvs => $sar));
save_pdu('submit_sm-sar-cut', message('submit_sm', text => 'hi', tlvs => substr $sar, 0, -1));
save_pdu('submit_sm-sar-incomplete', message('submit_sm', text => 'hi', tlvs => substr $sar, 6));
save_pdu('submit_sm-vendor-tlv', message('submit_sm', text => 'hi', tlvs => tlv(0x1400, 'x' x 30)));
save_pdu('submit_sm-length-lies', message('submit_sm', text => 'hi', sm_length => 200));
save_pdu('submit_multi', message('submit_multi', text => 'hi', tlvs => $sar));
save_pdu('submit_multi-none', message('submit_multi', text => 'hi', to => "\0"));
save_pdu('submit_multi-count-lies', message('submit_multi', text => 'hi', to => "\xFF\1" . address('1')));
save_pdu('submit_multi-flag', message('submit_multi', text => 'hi', to => "\1\3" . address('1')));
save_pdu('stream-of-three', pdu('submit_sm_resp', "1\0") . message('submit_sm', text => 'a')
    . message('deliver_sm', esm => 4, text => 'id:1 text:x'));
save_pdu('stream-partial', pdu('submit_sm_resp', "1\0") . "\0\0\0\x20\0");
save_pdu('stream-bad-length', pdu('submit_sm_resp', "1\0") . ("\0" x 16));

# --- receipts
my $fields = 'sub:001 dlvrd:001 submit date:2611230412 done date:2611230413 stat:DELIVRD err:000 text:';
my $text = "id:1234 ${fields}Hello";
my $id = tlv(0x1E, '1234');
sub receipt { my ($name, %with) = @_; save_pdu("receipt-$name", message('deliver_sm', esm => 4, %with), $with{choice}) }
receipt('text', text => $text);
receipt('tlv', text => 'gone', tlvs => $id);
receipt('both', text => $text, tlvs => tlv(0x427, "\2") . $id . tlv(0x1400, ''));
receipt('tlv-nul', text => $text, tlvs => tlv(0x1E, "1234\0"));
receipt('tlv-nul-amid', text => $text, tlvs => tlv(0x1E, "12\00034"));
receipt('tlv-empty', text => $text, tlvs => tlv(0x1E, ''));
receipt('tlv-over-64', text => $text, tlvs => tlv(0x1E, '5' x 65));
receipt('tlv-twice', text => $text, tlvs => $id . $id);
receipt('tlv-cut', text => $text, tlvs => tlv(0x1E, '1234', 9));
receipt("coding-$_", text => $text, coding => $_) for 1, 2, 3, 4, 0xF1;
receipt('ucs2', text => wide($text), coding => 8);
receipt('ucs2-odd', text => wide($text) . 'x', coding => 8);
receipt('ucs2-beyond', text => wide('id:1') . "\4\x16" . wide(' sub:1'), coding => 8);
receipt('ucs2-full', text => wide('id:1 text:') . "\xD8\x3D\xDE\0" x 58, coding => 8, choice => "\1\2");
receipt('ucs2-full-odd', text => wide('id:1 text:') . "\xD8\x3D\xDE\0" x 58 . 'abc', coding => 8);
receipt('ucs2-payload', coding => 8, tlvs => tlv(0x424, wide($text)) . $id);
receipt('payload', tlvs => $id . tlv(0x424, $text));
receipt('payload-udh', esm => 0x44, tlvs => tlv(0x424, "\5\0\3\1\2\1$text") . $id);
receipt('payload-cut', tlvs => tlv(0x424, $text, 500));
receipt('payload-and-text', text => $text, tlvs => tlv(0x424, $text));
receipt('udh', esm => 0x44, text => "\5\0\3\1\2\1$text");
receipt('udh-lies', esm => 0x44, text => "\xFF$text");
receipt('full-254', text => $text . 'y' x (254 - length $text), choice => "\x3F\x3F");
receipt('full-255', text => $text . 'y' x (255 - length $text), choice => "\x3F\x3F");
receipt('full-escape', text => $text . "\x1Be" x int((254 - length $text) / 2), choice => "\1\4");
receipt('full-no-text', text => 'id:1 ' . 'x' x 249);
receipt('full-short-text', text => 'id:1 ' . 'x' x 241 . ' text:yy', choice => "\1\x30");
receipt('blank', text => 'id: 1234 sub:001');
receipt('empty-id', text => 'id: sub:001');
receipt('empty-id-at-end', text => 'stat:X id:');
receipt('upper-case', text => uc $text);
receipt('behind-text', text => 'stat:X text: id:5');
receipt('lines', text => "a\r\nid:7\r\nstat:X");
receipt('nul', text => "id:7\0stat:X");
receipt('id-64', text => 'id:' . 'f' x 64 . ' sub:1', choice => "\0\0");
receipt('id-65', text => 'id:' . 'f' x 65 . ' sub:1');
receipt('other', text => 'undeliverable');
save_pdu('receipt-data_sm', message('data_sm', esm => 4, tlvs => tlv(0x424, $text) . tlv(0x1E, "1234\0")));
save_pdu('receipt-data_sm-intermediate', message('data_sm', esm => 0x20, tlvs => $id));
