#include "lib/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/secret.h"

struct ring {
	size_t elem_size, mask;
	_Alignas(64) atomic_size_t head;   /* next slot to write; producer */
	_Alignas(64) atomic_size_t tail;   /* next slot to read; consumer */
	_Alignas(64) unsigned char slots[];
};

int ring_new(size_t elem_size, size_t count, struct ring **r)
{
	size_t n = 1, bytes;
	struct ring *made;

	while (n < count)
		n *= 2;
	bytes = (sizeof(struct ring) + n * elem_size + 63) / 64 * 64;
	made = aligned_alloc(64, bytes);
	if (made == NULL)
		return ERR_NOMEM;
	memset(made, 0, bytes);   /* also touches every page, so that no audio thread faults later */
	made->elem_size = elem_size;
	made->mask = n - 1;
	*r = made;
	return 0;
}

void ring_free(struct ring **r)
{
	if (*r == NULL)
		return;
	secret_wipe((*r)->slots, ((*r)->mask + 1) * (*r)->elem_size);
	free(*r);
	*r = NULL;
}

bool ring_put(struct ring *r, const void *elem)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&r->tail, memory_order_acquire) > r->mask)
		return false;
	memcpy(r->slots + (head & r->mask) * r->elem_size, elem, r->elem_size);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

bool ring_take(struct ring *r, void *elem)
{
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	unsigned char *slot = r->slots + (tail & r->mask) * r->elem_size;

	if (atomic_load_explicit(&r->head, memory_order_acquire) == tail)
		return false;
	memcpy(elem, slot, r->elem_size);
	secret_wipe(slot, r->elem_size);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}
