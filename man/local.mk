# SPDX-License-Identifier: ISC
dist_man_MANS += man/smppsim.1
