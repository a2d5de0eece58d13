# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/smpp/alphabet.c src/smpp/alphabet.h \
	src/smpp/bind.c src/smpp/bind.h \
	src/smpp/command.c src/smpp/command.h src/smpp/command.def \
	src/smpp/concat.c src/smpp/concat.h \
	src/smpp/describe.c src/smpp/describe.h src/smpp/describe_inner.h \
	src/smpp/describe_message.c \
	src/smpp/field.c src/smpp/field.h \
	src/smpp/message.c src/smpp/message.h \
	src/smpp/msgid.c src/smpp/msgid.h \
	src/smpp/pdu.h \
	src/smpp/reader.h \
	src/smpp/receipt.c src/smpp/receipt.h \
	src/smpp/status.c src/smpp/status.h src/smpp/status.def \
	src/smpp/stray.c src/smpp/stray.h \
	src/smpp/tlv.c src/smpp/tlv.h src/smpp/tlv.def \
	src/smpp/value.c src/smpp/value.h \
	src/smpp/writer.c src/smpp/writer.h
