# SPDX-License-Identifier: ISC
sbin_PROGRAMS += smpplex
smpplex_SOURCES = src/daemon/main.c
