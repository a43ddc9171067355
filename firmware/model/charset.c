#include "model/charset.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { PLANE = 0x10000, NO_CHARACTER = 0xffffffff };

struct charset {
	enum charset_name name;
	uint16_t code[PLANE];             /* by character: its two octets, 0: not in the set */
};

int charset_parse(const char *word, enum charset_name *name)
{
	static const char *const words[] = { [CHARSET_EUC_KR] = "euc-kr", [CHARSET_CP949] = "cp949", [CHARSET_UNICODE] = "unicode" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], word) == 0) {
			*name = (enum charset_name)i;
			return 0;
		}
	return ERR_INVALID;
}

/* One character as CP949 in two octets; 0: it has none. */
static uint16_t ask_iconv(iconv_t d, uint32_t character)
{
	char in[2] = { (char)(character & 0xff), (char)(character >> 8) }, out[8], *from = in, *to = out;
	size_t from_left = sizeof(in), to_left = sizeof(out);

	iconv(d, NULL, NULL, NULL, NULL);
	if (iconv(d, &from, &from_left, &to, &to_left) != 0 || from_left != 0 || to_left != sizeof(out) - 2)
		return 0;
	return (uint16_t)((uint8_t)out[0] << 8 | (uint8_t)out[1]);
}

/* glibc's own EUC-KR is not asked: it has the C1 controls in one octet, and no table of its own for the rest. KS X 1001 is
 * that part of CP949 whose octets are both from A1 on. */
static void fill(struct charset *c, iconv_t d)
{
	for (uint32_t u = 0x80; u < PLANE; u++) {
		uint16_t code = u >= 0xd800 && u < 0xe000 ? 0 : ask_iconv(d, u);

		if (c->name == CHARSET_EUC_KR && (code >> 8 < 0xa1 || (code & 0xff) < 0xa1))
			code = 0;
		c->code[u] = code;
	}
}

int charset_new(enum charset_name name, struct charset **c)
{
	struct charset *made = calloc(1, sizeof(*made));
	iconv_t d;

	if (made == NULL)
		return ERR_NOMEM;
	made->name = name;
	if (name != CHARSET_UNICODE) {
		d = iconv_open("UHC", "UTF-16LE");
		if (d == (iconv_t)-1) {
			free(made);
			return ERR_NOT_FOUND;
		}
		fill(made, d);
		iconv_close(d);
	}
	*c = made;
	return 0;
}

void charset_free(struct charset **c)
{
	free(*c);
	*c = NULL;
}

/* ---- UTF-8, RFC 3629: no overlong form, no surrogate, nothing over U+10FFFF ---- */

static uint32_t next(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	int more = p[0] < 0x80 ? 0 : p[0] >= 0xc2 && p[0] < 0xe0 ? 1 : p[0] >= 0xe0 && p[0] < 0xf0 ? 2 : p[0] >= 0xf0 && p[0] < 0xf5 ? 3 : -1;
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t u = more <= 0 ? p[0] : p[0] & (0x3fU >> more);

	if (more < 0)
		return NO_CHARACTER;
	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return NO_CHARACTER;
		u = u << 6 | (p[i] & 0x3f);
	}
	if (u < least[more] || (u >= 0xd800 && u < 0xe000) || u > 0x10ffff)
		return NO_CHARACTER;
	*text += more + 1;
	return u;
}

static size_t utf8(uint32_t u, char out[4])
{
	size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; u >>= 6)
		out[i] = (char)(0x80 | (u & 0x3f));
	out[0] = (char)(lead[n] | u);
	return n;
}

/* ---- syllables: Unicode 3.12, conjoining jamo ---- */

enum { L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11a7, S_BASE = 0xac00, L_COUNT = 19, V_COUNT = 21, T_COUNT = 28 };

/* Puts the jamo that follow u together with it. */
static uint32_t compose(uint32_t u, const char **text)
{
	const char *at = *text;
	uint32_t v;

	if (u >= L_BASE && u < L_BASE + L_COUNT) {
		v = next(&at);
		if (v < V_BASE || v >= V_BASE + V_COUNT)
			return u;
		u = S_BASE + ((u - L_BASE) * V_COUNT + (v - V_BASE)) * T_COUNT;
		*text = at;
	}
	if (u >= S_BASE && u < S_BASE + L_COUNT * V_COUNT * T_COUNT && (u - S_BASE) % T_COUNT == 0) {
		v = next(&at);
		if (v > T_BASE && v < T_BASE + T_COUNT) {
			u += v - T_BASE;
			*text = at;
		}
	}
	return u;
}

/* What stands for a character that the set has not: what looks like it, 0 for one that is better left out. */
static uint32_t likeness(uint32_t u)
{
	static const struct { uint32_t from, to; } like[] = {
		{ 0xa0, ' ' }, { 0x2010, '-' }, { 0x2011, '-' }, { 0x2012, '-' }, { 0x2013, '-' }, { 0x2014, 0x2015 }, { 0x2022, 0xb7 },
		{ 0x2212, '-' }, { 0x20a9, 0xffe6 }, { 0x201a, ',' }, { 0x201b, '\'' }, { 0x2002, ' ' }, { 0x2003, ' ' }, { 0x2009, ' ' },
		{ 0x202f, ' ' }, { 0x301c, 0x223c }, { 0xff5e, 0x223c },
		/* Joiners and selectors of how an emoji looks. */
		{ 0x200b, 0 }, { 0x200c, 0 }, { 0x200d, 0 }, { 0xfe0e, 0 }, { 0xfe0f, 0 }, { 0xfeff, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(like); i++)
		if (like[i].from == u)
			return like[i].to;
	return '?';
}

static bool has(const struct charset *c, uint32_t u)
{
	return u < 0x80 || c->name == CHARSET_UNICODE || (u < PLANE && c->code[u] != 0);
}

int charset_clean(const struct charset *c, const char *text, bool replace, char *out, size_t size, char bad[8])
{
	size_t used = 0, n;
	char one[4];

	bad[0] = '\0';
	while (*text != '\0') {
		uint32_t u = next(&text);

		if (u == NO_CHARACTER) {
			bad[0] = '\0';
			return ERR_INVALID;
		}
		u = compose(u, &text);
		if ((u < 0x20 && u != '\n') || (u >= 0x7f && u < 0xa0))
			continue;
		if (!has(c, u)) {
			uint32_t like = likeness(u);

			if (bad[0] == '\0' && (!replace || like != 0))
				bad[utf8(u, bad)] = '\0';
			if (!replace)
				return ERR_INVALID;
			u = like;
			if (u == 0)
				continue;
			u = has(c, u) ? u : '?';
		}
		n = utf8(u, one);
		if (used + n >= size)
			return ERR_TOO_LONG;
		memcpy(out + used, one, n);
		used += n;
	}
	out[used] = '\0';
	return (int)used;
}

size_t charset_octets(const char *text)
{
	size_t octets = 0;
	uint32_t u;

	while (*text != '\0') {
		u = next(&text);
		if (u == NO_CHARACTER)
			text++;
		octets += u < 0x80 ? 1 : 2;
	}
	return octets;
}

size_t charset_cut(const char *text, size_t octets)
{
	const char *at = text;
	size_t end = 0;

	while (*at != '\0') {
		uint32_t u = next(&at);
		size_t n = u < 0x80 ? 1 : 2;

		if (u == NO_CHARACTER || n > octets)
			break;
		octets -= n;
		end = (size_t)(at - text);
	}
	return end;
}

/* UTF-16BE, or one or two octets of the Korean set. Returns how many; 0: the set has not got it. */
static size_t encode_one(const struct charset *c, uint32_t u, uint8_t out[4])
{
	uint32_t unit = u < PLANE ? u : 0xd800 + ((u - PLANE) >> 10), low = 0xdc00 + ((u - PLANE) & 0x3ff);

	if (c->name != CHARSET_UNICODE) {
		if (u < 0x80) {
			out[0] = (uint8_t)u;
			return 1;
		}
		if (!has(c, u))
			return 0;
		unit = c->code[u];
	}
	out[0] = (uint8_t)(unit >> 8);
	out[1] = (uint8_t)unit;
	if (u < PLANE)
		return 2;
	out[2] = (uint8_t)(low >> 8);
	out[3] = (uint8_t)low;
	return 4;
}

int charset_encode(const struct charset *c, const char *text, uint8_t *out, size_t size)
{
	size_t used = 0, n;
	uint8_t one[4];

	while (*text != '\0') {
		uint32_t u = next(&text);

		n = u == NO_CHARACTER ? 0 : encode_one(c, u, one);
		if (n == 0)
			return ERR_INVALID;
		if (n > size - used)
			return ERR_TOO_LONG;
		memcpy(out + used, one, n);
		used += n;
	}
	return (int)used;
}
