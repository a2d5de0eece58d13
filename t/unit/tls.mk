# SPDX-License-Identifier: ISC
UNIT_TESTS += t/unit/check_names
t_unit_check_names_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_server
t_unit_check_server_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_digest
t_unit_check_digest_LDADD = $(UNIT_LDADD)
