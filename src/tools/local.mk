# SPDX-License-Identifier: ISC
bin_PROGRAMS += smppsim
smppsim_SOURCES = src/tools/smppsim.c src/tools/sim.h \
	src/tools/sim_binds.c src/tools/sim_binds.h \
	src/tools/sim_control.c src/tools/sim_control.h \
	src/tools/sim_counter.def \
	src/tools/sim_date.h \
	src/tools/sim_deliver.c src/tools/sim_deliver.h \
	src/tools/sim_events.c src/tools/sim_events.h \
	src/tools/sim_faults.c src/tools/sim_faults.h \
	src/tools/sim_ids.c src/tools/sim_ids.h \
	src/tools/sim_log.c src/tools/sim_log.h \
	src/tools/sim_mo.c src/tools/sim_mo.h \
	src/tools/sim_node.c src/tools/sim_node.h \
	src/tools/sim_node_keys.c src/tools/sim_node_keys.h \
	src/tools/sim_options.c src/tools/sim_options.h \
	src/tools/sim_query.c src/tools/sim_query.h \
	src/tools/sim_receipts.c src/tools/sim_receipts.h \
	src/tools/sim_session.c src/tools/sim_session.h \
	src/tools/sim_stats.c src/tools/sim_stats.h \
	src/tools/sim_submit.c src/tools/sim_submit.h \
	src/tools/sim_transport.c src/tools/sim_transport.h
smppsim_LDADD = $(LDADD) -lm
