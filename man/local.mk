# SPDX-License-Identifier: ISC
dist_man_MANS += man/smppsim.1
dist_man_MANS += man/smpplex.8
dist_man_MANS += man/smpplex.conf.5
dist_man_MANS += man/smppload.1
dist_man_MANS += man/smpplexctl.1
