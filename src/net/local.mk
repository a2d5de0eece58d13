# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/net/conn.c src/net/conn.h src/net/conn_end.def src/net/conn_inner.h \
	src/net/conn_cargo.c \
	src/net/listener.c src/net/listener.h \
	src/net/loop.c src/net/loop.h \
	src/net/mailbox.c src/net/mailbox.h \
	src/net/pipes.c src/net/pipes.h \
	src/net/relay.c src/net/relay.h \
	src/net/proxied.c src/net/proxied.h \
	src/net/resolve.c src/net/resolve.h \
	src/net/tls.c src/net/tls.h \
	src/net/transport.c src/net/transport.h
