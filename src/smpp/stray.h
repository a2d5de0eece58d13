/* SPDX-License-Identifier: ISC */
#ifndef SMPP_STRAY_H
#define SMPP_STRAY_H

#include <stddef.h>
#include <stdint.h>

/*
 * Names the protocol that somebody speaks to an SMPP port by mistake, from the
 * first octets of the stream (4 are enough for all but "another protocol"):
 * "HTTP", "TLS", "AMQP", "RDP", "SSH". NULL: it may be SMPP.
 */
const char *
stray_name(const uint8_t *bytes, size_t n);

#endif
