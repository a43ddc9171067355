/* pcap.h: a trace as a file for Wireshark: classic pcap, link type LINUX_LAPD (177), which keeps who sent each frame. Pure. */
#ifndef CALLKEY_PCAP_H
#define CALLKEY_PCAP_H

#include <stdio.h>

#include "json/json.h"

/* answer: arsd's to a trace. ERR_INVALID: it is none. ERR_IO: the file could not be written. */
int pcap_write(FILE *f, const json_t *answer) MUST_CHECK;

#endif
