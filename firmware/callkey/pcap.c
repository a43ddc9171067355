#include "callkey/pcap.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

/* pcap-savefile(5); the order of octets of the file and record headers is little endian, as the magic number tells. */
enum { MAGIC = 0xa1b2c3d4, VERSION_MAJOR = 2, VERSION_MINOR = 4, SNAP_LEN = 65535, LINKTYPE_LINUX_LAPD = 177 };
/* LINKTYPE_LINUX_LAPD: a header of 16 octets, most significant first: packet type, ARPHRD_LAPD, address length, address (its
 * first octet: we are the network's side), protocol ETH_P_LAPD. */
enum { SLL_LEN = 16, SLL_HATYPE = 2, SLL_ADDRESS = 6, SLL_PROTOCOL = 14, TO_US = 0, FROM_US = 4, ARPHRD_LAPD = 8445, ETH_P_LAPD = 0x30 };
enum { FRAME_MAX = 300 };

static void put32(FILE *f, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		putc((int)(n >> 8 * i & 0xff), f);
}

static void put16(FILE *f, uint16_t n)
{
	putc(n & 0xff, f);
	putc(n >> 8, f);
}

static void store16(uint8_t *at, uint16_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(const char *text, uint8_t out[FRAME_MAX])
{
	size_t len = text != NULL ? strlen(text) : 1;

	if (len % 2 != 0 || len / 2 > FRAME_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < len; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);

		if (high < 0 || low < 0)
			return ERR_INVALID;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return (int)(len / 2);
}

/* RFC 3339, UTC, milliseconds. */
static bool read_time(const char *text, uint32_t *s, uint32_t *us)
{
	struct tm utc = { 0 };
	int ms;

	if (text == NULL || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour, &utc.tm_min,
	                           &utc.tm_sec, &ms) != 7)
		return false;
	utc.tm_year -= 1900;
	utc.tm_mon -= 1;
	*s = (uint32_t)timegm(&utc);
	*us = (uint32_t)ms * 1000;
	return true;
}

static int put_frame(FILE *f, const json_t *frame, bool network_side)
{
	uint8_t octets[FRAME_MAX], sll[SLL_LEN] = { 0 };
	uint32_t s, us;
	int len = read_hex(json_string_value(json_object_get(frame, "octets")), octets);

	if (len < 0 || !read_time(json_string_value(json_object_get(frame, "at")), &s, &us))
		return ERR_INVALID;
	store16(sll, json_is_true(json_object_get(frame, "sent")) ? FROM_US : TO_US);
	store16(sll + SLL_HATYPE, ARPHRD_LAPD);
	sll[SLL_ADDRESS] = network_side;
	store16(sll + SLL_PROTOCOL, ETH_P_LAPD);
	put32(f, s);
	put32(f, us);
	put32(f, (uint32_t)(SLL_LEN + len));
	put32(f, (uint32_t)(SLL_LEN + len));
	fwrite(sll, 1, sizeof(sll), f);
	fwrite(octets, 1, (size_t)len, f);
	return 0;
}

int pcap_write(FILE *f, const json_t *answer)
{
	const json_t *frames = json_object_get(answer, "frames");
	bool network_side = json_is_true(json_object_get(answer, "network_side"));
	int e = json_is_array(frames) ? 0 : ERR_INVALID;

	put32(f, MAGIC);
	put16(f, VERSION_MAJOR);
	put16(f, VERSION_MINOR);
	put32(f, 0);
	put32(f, 0);
	put32(f, SNAP_LEN);
	put32(f, LINKTYPE_LINUX_LAPD);
	for (size_t i = 0; e == 0 && i < json_array_size(frames); i++)
		e = put_frame(f, json_array_get(frames, i), network_side);
	return e == 0 && ferror(f) ? ERR_IO : e;
}
