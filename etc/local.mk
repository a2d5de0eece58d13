# SPDX-License-Identifier: ISC
# The example goes to the documentation: nothing in use is overwritten.
examplesdir = $(docdir)/examples
dist_examples_DATA = etc/smpplex.conf etc/smpplex.rules.yaml etc/smpplex.dashboard.json
