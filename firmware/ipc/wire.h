/* wire.h: reading and writing the fields of one frame. Little endian, no padding, every length checked.
 * A reader that runs out sets bad and goes on returning zeroes, so decoders need one check at their end. */
#ifndef IPC_WIRE_H
#define IPC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IPC_FRAME_MAX = 65536 };   /* one SEQPACKET message: type u16, then the fields in the order of the list */

struct ipc_writer { uint8_t *buf; size_t size, len; bool bad; };
struct ipc_reader { const uint8_t *buf; size_t len, pos; bool bad; };

void ipc_put_uint(struct ipc_writer *w, uint64_t value, size_t octets);
void ipc_put_bytes(struct ipc_writer *w, const void *p, size_t len);            /* u16 length + bytes */
uint64_t ipc_get_uint(struct ipc_reader *r, size_t octets);
/* A NUL-terminated string of at most size-1 bytes without inner NUL; otherwise bad. */
void ipc_get_str(struct ipc_reader *r, char *out, size_t size);
/* At most size bytes; returns how many. */
size_t ipc_get_blob(struct ipc_reader *r, uint8_t *out, size_t size);

#endif
