# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/route/balance.c src/route/balance.h src/route/senders.h \
	src/route/health.c src/route/health.h src/route/health_state.def \
	src/route/learn.c src/route/learn.h \
	src/route/node_counts.c src/route/node_counts.h src/route/node_count.def \
	src/route/node_status.c src/route/node_status.h src/route/node_admin.def src/route/node_signal.def \
	src/route/rate.c src/route/rate.h \
	src/route/rule.c src/route/rule.h \
	src/route/set.c src/route/set.h \
	src/route/snapshot.c src/route/snapshot.h \
	src/route/trail.c src/route/trail.h \
	src/route/window.c src/route/window.h src/route/window_door.def
