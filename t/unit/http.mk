# SPDX-License-Identifier: ISC
UNIT_TESTS += t/unit/check_http_request
t_unit_check_http_request_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_http_reply
t_unit_check_http_reply_LDADD = $(UNIT_LDADD)
