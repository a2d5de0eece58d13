# SPDX-License-Identifier: ISC
# The example goes to the documentation: nothing in use is overwritten.
examplesdir = $(docdir)/examples
dist_examples_DATA = etc/smpplex.conf

systemdsystemunitdir = $(prefix)/lib/systemd/system
systemdsystemunit_DATA = etc/smpplex.service
dist_systemdsystemunit_DATA = etc/smpplex.socket
EXTRA_DIST += etc/smpplex.service.in
CLEANFILES += etc/smpplex.service

etc/smpplex.service: etc/smpplex.service.in Makefile
	@$(MKDIR_P) etc
	$(AM_V_GEN)sed -e 's,[@]sbindir[@],$(sbindir),g' -e 's,[@]sysconfdir[@],$(sysconfdir),g' \
		'$(srcdir)/etc/smpplex.service.in' >$@.new && mv $@.new $@
