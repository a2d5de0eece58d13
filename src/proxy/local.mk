# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/proxy/account.c src/proxy/account.h \
	src/proxy/ahead.h \
	src/proxy/branch.c src/proxy/branch.h \
	src/proxy/counters.h src/proxy/counter.def \
	src/proxy/doubt.c src/proxy/doubt.h \
	src/proxy/gate.c src/proxy/gate.h src/proxy/gate_refusal.def \
	src/proxy/downward.c src/proxy/downward.h \
	src/proxy/farm.c src/proxy/farm.h \
	src/proxy/follow.c src/proxy/follow.h \
	src/proxy/held.c \
	src/proxy/ids.c src/proxy/ids.h \
	src/proxy/link.c src/proxy/link.h src/proxy/link_inner.h src/proxy/link_pdu.c \
	src/proxy/link_timer.c src/proxy/link_loss.def src/proxy/link_state.def \
	src/proxy/linkset.c src/proxy/linkset.h src/proxy/linkset_inner.h src/proxy/linkset_state.def \
	src/proxy/linkset_change.c \
	src/proxy/linkset_pick.c \
	src/proxy/loss.c \
	src/proxy/place.c src/proxy/place.h \
	src/proxy/pool.c src/proxy/pool.h src/proxy/pool_down.c src/proxy/pool_up.c \
	src/proxy/proxy.c src/proxy/proxy.h \
	src/proxy/registry.c src/proxy/registry.h \
	src/proxy/request.c src/proxy/request.h \
	src/proxy/session.c src/proxy/session.h src/proxy/session_end.def src/proxy/session_state.def \
	src/proxy/session_gate.c src/proxy/session_gate.h \
	src/proxy/session_bind.c src/proxy/session_inner.h \
	src/proxy/session_move.c src/proxy/session_move.h \
	src/proxy/session_pdu.c \
	src/proxy/session_timer.c \
	src/proxy/snapshot.c src/proxy/snapshot.h \
	src/proxy/stream.c src/proxy/stream.h src/proxy/stream_inner.h \
	src/proxy/stream_end.def src/proxy/stream_state.def \
	src/proxy/stream_place.c \
	src/proxy/tap.c src/proxy/tap.h src/proxy/tap_pdu.c src/proxy/tap_way.def \
	src/proxy/upward.c src/proxy/upward.h src/proxy/upward_inner.h
