#include "drivers-glue/fxo_wire.h"

#include <string.h>

size_t fxo_encode(const struct fxo_message *m, uint8_t frame[FXO_FRAME_MAX])
{
	size_t digits = m->sign == FXO_CALLER ? strnlen(m->number, sizeof(m->number) - 1) : 0;

	frame[0] = m->slot;
	frame[1] = (uint8_t)m->sign;
	memcpy(frame + 2, m->number, digits);
	return 2 + digits;
}

int fxo_decode(const uint8_t *frame, size_t len, struct fxo_message *m)
{
	struct fxo_message made = { 0 };
	size_t digits = len >= 2 ? len - 2 : 0;

	if (len < 2 || frame[0] >= TRUNK_SLOTS || frame[1] == 0 || frame[1] >= FXO_SIGNS || digits >= sizeof(made.number))
		return ERR_INVALID;
	made.slot = frame[0];
	made.sign = (enum fxo_sign)frame[1];
	if ((made.sign == FXO_CALLER) != (digits > 0))
		return ERR_INVALID;
	for (size_t i = 0; i < digits; i++) {
		if (frame[2 + i] < '0' || frame[2 + i] > '9')
			return ERR_INVALID;
		made.number[i] = (char)frame[2 + i];
	}
	*m = made;
	return 0;
}

void fxo_put(struct trunk_frame *f, int slot, enum fxo_sign sign)
{
	struct fxo_message m = { .slot = (uint8_t)slot, .sign = sign };

	f->len = (uint16_t)fxo_encode(&m, f->octets);
}
