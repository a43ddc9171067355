/* gen_code.h: the encoder and decoder of one channel, from the same list as its structs. Included once, by
 * ipc/<channel>.c, after the channel's header. */
#include <string.h>

#include "ipc/wire.h"
#include "lib/secret.h"

#define MSG(name, number) \
	static void IPC_N(IPC_CAT(_put_, name))(struct ipc_writer *w UNUSED, const struct IPC_N(IPC_CAT(_, name)) *m UNUSED) {
#define U8(f) ipc_put_uint(w, m->f, 1);
#define U16(f) ipc_put_uint(w, m->f, 2);
#define U32(f) ipc_put_uint(w, m->f, 4);
#define U64(f) ipc_put_uint(w, m->f, 8);
#define I64(f) ipc_put_uint(w, (uint64_t)m->f, 8);
#define STR(f, size) ipc_put_bytes(w, m->f, strnlen(m->f, size - 1));
#define BLOB(f, max) if (m->f.len > max) w->bad = true; else ipc_put_bytes(w, m->f.data, m->f.len);
#define END(name) }
#include IPC_LIST
#include "ipc/gen_undef.h"

#define MSG(name, number) \
	static void IPC_N(IPC_CAT(_get_, name))(struct ipc_reader *r UNUSED, struct IPC_N(IPC_CAT(_, name)) *m UNUSED) {
#define U8(f) m->f = (uint8_t)ipc_get_uint(r, 1);
#define U16(f) m->f = (uint16_t)ipc_get_uint(r, 2);
#define U32(f) m->f = (uint32_t)ipc_get_uint(r, 4);
#define U64(f) m->f = ipc_get_uint(r, 8);
#define I64(f) m->f = (int64_t)ipc_get_uint(r, 8);
#define STR(f, size) ipc_get_str(r, m->f, size);
#define BLOB(f, max) m->f.len = (uint32_t)ipc_get_blob(r, m->f.data, max);
#define END(name) }
#include IPC_LIST
#include "ipc/gen_undef.h"

int IPC_N(_encode)(const struct IPC_N(_msg) *m, uint8_t *buf, size_t size)
{
	struct ipc_writer w = { .buf = buf, .size = size };

	ipc_put_uint(&w, (uint64_t)m->type, 2);
	switch (m->type) {
#define MSG(name, number) case number: IPC_N(IPC_CAT(_put_, name))(&w, &m->u.name); break;
#include "ipc/gen_nofields.h"
#include IPC_LIST
#include "ipc/gen_undef.h"
	default: return ERR_INVALID;
	}
	return w.bad ? ERR_TOO_LONG : (int)w.len;
}

int IPC_N(_decode)(struct IPC_N(_msg) *m, const uint8_t *buf, size_t len)
{
	struct ipc_reader r = { .buf = buf, .len = len };
	uint64_t type = ipc_get_uint(&r, 2);

	m->type = (enum IPC_N(_type))type;
	switch (type) {
#define MSG(name, number) case number: IPC_N(IPC_CAT(_get_, name))(&r, &m->u.name); break;
#include "ipc/gen_nofields.h"
#include IPC_LIST
#include "ipc/gen_undef.h"
	default: return ERR_INVALID;
	}
	return r.bad || r.pos != r.len ? ERR_INVALID : 0;
}

int IPC_N(_send)(struct ipc_conn *c, const struct IPC_N(_msg) *m)
{
	static _Thread_local uint8_t frame[IPC_FRAME_MAX];
	int n = IPC_N(_encode)(m, frame, sizeof(frame));

	if (n < 0)
		return n;
	int e = ipc_conn_send(c, frame, (size_t)n);

	secret_wipe(frame, (size_t)n);
	return e;
}

const char *IPC_N(_type_name)(enum IPC_N(_type) type)
{
	switch ((int)type) {
#define MSG(name, number) case number: return #name;
#include "ipc/gen_nofields.h"
#include IPC_LIST
#include "ipc/gen_undef.h"
	default: return "unknown";
	}
}
