/* gen_head.h: makes the structs and prototypes of one channel from its list. Included by ipc/<channel>.h only.
 *
 * IPC_CHAN is the channel's name, IPC_LIST its list of messages: MSG(name, number), then fields U8(f) U16(f) U32(f)
 * U64(f) I64(f) STR(f, size with NUL) BLOB(f, max bytes), then END(name). From MSG(play, 35) of channel callctl come
 *   struct callctl_play            the fields
 *   CALLCTL... enum value          callctl_type_play
 *   struct callctl_msg             { enum callctl_type type; union { ... } u; } as m.u.play
 * and from the whole list callctl_encode(), callctl_decode() and callctl_type_name().
 * A BLOB is struct { uint32_t len; uint8_t data[max]; }. */
#define IPC_CAT_(a, b) a##b
#define IPC_CAT(a, b) IPC_CAT_(a, b)
#define IPC_N(suffix) IPC_CAT(IPC_CHAN, suffix)

#define MSG(name, number) struct IPC_N(IPC_CAT(_, name)) {
#define U8(f) uint8_t f;
#define U16(f) uint16_t f;
#define U32(f) uint32_t f;
#define U64(f) uint64_t f;
#define I64(f) int64_t f;
#define STR(f, size) char f[size];
#define BLOB(f, max) struct { uint32_t len; uint8_t data[max]; } f;
#define END(name) };
#include IPC_LIST
#include "ipc/gen_undef.h"

#define MSG(name, number) IPC_N(IPC_CAT(_type_, name)) = number,
#include "ipc/gen_nofields.h"
enum IPC_N(_type) {
#include IPC_LIST
};
#include "ipc/gen_undef.h"

#define MSG(name, number) struct IPC_N(IPC_CAT(_, name)) name;
#include "ipc/gen_nofields.h"
struct IPC_N(_msg) {
	enum IPC_N(_type) type;
	union {
#include IPC_LIST
	} u;
};
#include "ipc/gen_undef.h"

/* Writes the message into buf of size bytes. Returns the frame's length, or ERR_TOO_LONG. */
int IPC_N(_encode)(const struct IPC_N(_msg) *m, uint8_t *buf, size_t size) MUST_CHECK;
/* ERR_INVALID for an unknown type, a short or long frame, an over-long string: the sender is broken or hostile.
 * Unlike other outputs *m is overwritten in any case. */
int IPC_N(_decode)(struct IPC_N(_msg) *m, const uint8_t *buf, size_t len) MUST_CHECK;
/* Encodes and sends (or queues) one message; the errors of encode and of ipc_conn_send(). The buffer is wiped. */
int IPC_N(_send)(struct ipc_conn *c, const struct IPC_N(_msg) *m) MUST_CHECK;
const char *IPC_N(_type_name)(enum IPC_N(_type) type);
