#include "ipc/wire.h"

#include <string.h>

void ipc_put_uint(struct ipc_writer *w, uint64_t value, size_t octets)
{
	if (w->bad || w->size - w->len < octets) {
		w->bad = true;
		return;
	}
	for (size_t i = 0; i < octets; i++)
		w->buf[w->len++] = (uint8_t)(value >> (8 * i));
}

void ipc_put_bytes(struct ipc_writer *w, const void *p, size_t len)
{
	if (len > UINT16_MAX)
		w->bad = true;
	ipc_put_uint(w, len, 2);
	if (w->bad || w->size - w->len < len) {
		w->bad = true;
		return;
	}
	memcpy(w->buf + w->len, p, len);
	w->len += len;
}

uint64_t ipc_get_uint(struct ipc_reader *r, size_t octets)
{
	uint64_t value = 0;

	if (r->bad || r->len - r->pos < octets) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < octets; i++)
		value |= (uint64_t)r->buf[r->pos++] << (8 * i);
	return value;
}

size_t ipc_get_blob(struct ipc_reader *r, uint8_t *out, size_t size)
{
	size_t len = (size_t)ipc_get_uint(r, 2);

	if (r->bad || len > size || r->len - r->pos < len) {
		r->bad = true;
		return 0;
	}
	memcpy(out, r->buf + r->pos, len);
	r->pos += len;
	return len;
}

void ipc_get_str(struct ipc_reader *r, char *out, size_t size)
{
	size_t len = ipc_get_blob(r, (uint8_t *)out, size - 1);

	out[len] = '\0';
	if (memchr(out, '\0', len) != NULL)
		r->bad = true;
}
