# SPDX-License-Identifier: ISC
# The example goes to the documentation: nothing in use is overwritten.
examplesdir = $(docdir)/examples
dist_examples_DATA = etc/smpplex.conf etc/smpplex.rules.yaml etc/smpplex.dashboard.json

systemdsystemunitdir = $(prefix)/lib/systemd/system
systemdsystemunit_DATA = etc/smpplex.service
dist_systemdsystemunit_DATA = etc/smpplex.socket
EXTRA_DIST += etc/smpplex.service.in
CLEANFILES += etc/smpplex.service

etc/smpplex.service: etc/smpplex.service.in Makefile
	@$(MKDIR_P) etc
	$(AM_V_GEN)sed -e 's,[@]sbindir[@],$(sbindir),g' -e 's,[@]sysconfdir[@],$(sysconfdir),g' \
		'$(srcdir)/etc/smpplex.service.in' >$@.new && mv $@.new $@

# Under the name of the program, where bash-completion looks for it.
EXTRA_DIST += etc/smpplexctl.bash-completion
completionsdir = $(datadir)/bash-completion/completions
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(completionsdir)'
	$(INSTALL_DATA) '$(srcdir)/etc/smpplexctl.bash-completion' '$(DESTDIR)$(completionsdir)/smpplexctl'
uninstall-local:
	rm -f '$(DESTDIR)$(completionsdir)/smpplexctl'
