# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/admin/action.c src/admin/action.h src/admin/action.def \
	src/admin/admin.c src/admin/admin.h \
	src/admin/answer.c src/admin/answer.h \
	src/admin/client.c src/admin/client.h src/admin/client_state.def \
	src/admin/client_inner.h src/admin/client_request.c src/admin/client_trace.c \
	src/admin/events.c src/admin/events.h \
	src/admin/guard.c src/admin/guard.h \
	src/admin/history.c src/admin/history.h \
	src/admin/json.c src/admin/json.h \
	src/admin/json_lists.c \
	src/admin/json_nodes.c \
	src/admin/metrics.c src/admin/metrics.h \
	src/admin/page.c src/admin/page.h \
	src/admin/reading.c src/admin/reading.h \
	src/admin/resource.c src/admin/resource.h src/admin/resource.def \
	src/admin/server.c src/admin/server.h src/admin/server_trace.c

# The page, as numbers, and what its header says of it.
PAGE_PARTS = src/admin/page.html src/admin/page.css src/admin/page.js
PAGE_MADE = src/admin/page.inc src/admin/page_css.inc src/admin/page_js.inc
EXTRA_DIST += src/admin/embed $(PAGE_PARTS)
CLEANFILES += $(PAGE_MADE)
src/admin/page.inc: $(PAGE_PARTS) src/admin/embed
	$(AM_V_GEN)$(MKDIR_P) src/admin && out=`pwd`/$@ && cd '$(top_srcdir)' && \
	$(SHELL) src/admin/embed $(PAGE_PARTS) >"$$out.new" && mv "$$out.new" "$$out"
src/admin/page_css.inc: src/admin/page.css src/admin/embed
src/admin/page_js.inc: src/admin/page.js src/admin/embed
src/admin/page_css.inc src/admin/page_js.inc:
	$(AM_V_GEN)$(MKDIR_P) src/admin && from=$@ && from=$${from#src/admin/page_} && \
	$(SHELL) '$(top_srcdir)/src/admin/embed' --hash "$(top_srcdir)/src/admin/page.$${from%.inc}" \
		>$@.new && mv $@.new $@
src/admin/page.$(OBJEXT): $(PAGE_MADE)
