# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/route/balance.c src/route/balance.h \
	src/route/learn.c src/route/learn.h \
	src/route/node_counts.c src/route/node_counts.h src/route/node_count.def \
	src/route/rate.c src/route/rate.h \
	src/route/set.c src/route/set.h \
	src/route/snapshot.c src/route/snapshot.h \
	src/route/window.c src/route/window.h src/route/window_door.def
