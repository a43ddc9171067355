/* ipc.c: frames of every channel. What decodes is encoded to the same octets. */
#include "ipc/admin.h"
#include "ipc/api.h"
#include "ipc/callctl.h"
#include "ipc/keyctl.h"
#include "ipc/keypad.h"
#include "ipc/uplink.h"
#include "ipc/vault.h"
#include "ipc/wire.h"
#include "tests/fuzz/fuzz.h"

static uint8_t again[IPC_FRAME_MAX];

#define CHANNEL(name) \
	static void try_##name(const uint8_t *frame, size_t len) \
	{ \
		static struct name##_msg m; \
		if (name##_decode(&m, frame, len) < 0) \
			return; \
		FUZZ_CHECK(name##_encode(&m, again, sizeof(again)) == (int)len); \
		FUZZ_CHECK(memcmp(again, frame, len) == 0); \
		FUZZ_CHECK(name##_type_name(m.type) != NULL); \
	}
CHANNEL(admin)
CHANNEL(api)
CHANNEL(callctl)
CHANNEL(keypad)
CHANNEL(uplink)
CHANNEL(vault)
CHANNEL(keyctl)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const channels[])(const uint8_t *, size_t) = {
		try_admin, try_api, try_callctl, try_keypad, try_uplink, try_vault, try_keyctl,
	};
	uint8_t which = fuzz_octet(&data, &size);

	if (size <= IPC_FRAME_MAX)
		channels[which % ARRAY_LEN(channels)](data, size);
	return 0;
}
