/* keystored.c: what stands behind keystored's three doors, whoever comes in: frames of any length and content to keypad.sock,
 * vault.sock and keyctl.sock, through its own sockets and with keys that are open (first octet even) or before a ceremony. It
 * stays; who breaks the protocol is dropped, counted, and may come again.
 * The input: octet, then frames: door(1) length(2, big endian) octets. Doors 0 to 2 are those above after a hello, 3 to 5 the
 * same without. */
#include "firmware/keystored/desk.c"

#include <ftw.h>

#include "tests/fuzz/fuzz.h"

enum { DOORS = 3, ROUNDS_MAX = 200 };

static const uint8_t master[TOKEN_MASTER_SIZE] = "the master key of the fuzzer, 32";
static struct metrics meters;
static struct strongbox box;
static struct keyring *ring;
static struct desk *desk;
static struct ipc_conn *clients[DOORS];
static struct door *doors[DOORS];
static const char *const names[DOORS] = { "keypad", "vault", "keyctl" };
static char folder[] = "/dev/shm/callkey-fuzz-XXXXXX";

static int remove_one(const char *path, const struct stat *st UNUSED, int kind UNUSED, struct FTW *where UNUSED)
{
	return remove(path);
}

static void remove_folder(void)
{
	desk_free(&desk);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERD7eCFKMLz44sLBFxajKDhQbLycp\n"
                          "CeaXgceAcdFAj7BfM8/vxwsiJJDs11TP/78nZ4Si6vECSuXKv4vBUL6JIw==\n"
                          "-----END PUBLIC KEY-----\n";
/* What records are sealed to. */
static const struct keyring_given gateway = {
	.name = "main", .kid = "2026-a", .usage = KEY_GATEWAY_PUBLIC, .algorithm = KEY_PUBLIC_PEM, .clear = (const uint8_t *)pem, .len = sizeof(pem) - 1,
};

static void open_keys(void)
{
	const struct keyfile_master m = { .scheme = KEYFILE_COMPONENTS, .parts = 2, .needed = 2 };
	char why[KEYFILE_WHY_SIZE];

	if (keyring_state(ring) == KEYRING_OPEN)
		return;
	if (keyring_state(ring) == KEYRING_LOCKED && keyring_unlock(ring, master, why) == 0)
		return;
	/* A ceremony of the fuzzer's made another master key. */
	if (keyring_state(ring) == KEYRING_LOCKED)
		FUZZ_CHECK(keyring_zeroise(ring) == 0);
	FUZZ_CHECK(keyring_create(ring, master, &m, NULL, clock_wall(), why) == 0);
	FUZZ_CHECK(keyring_import(ring, &gateway, clock_wall(), why) == 0);
	FUZZ_CHECK(keyring_set_state(ring, gateway.name, 1, KEY_ACTIVE, clock_wall(), why) == 0);
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	struct desk_config config = { .run_dir = folder, .trunkd_uid = -1, .arsd_uid = -1, .callkey_uid = -1, .max_calls = 64, .idle_ms = 60000,
	                              .seals_per_s = 1000000, .signatures_per_s = 1000000 };
	char why[CONF_WHY_SIZE], text[160];
	/* Kept to the end, which looks for what was lost. */
	static struct conf_tree *conf;
	static struct issuers *issuers;
	static struct seal *seal_means;
	static struct signer *signer;
	static struct columns *columns;

	log_init("fuzz", LOG_LEVEL_ERROR);
	meters_init(&meters);
	FUZZ_CHECK(mkdtemp(folder) != NULL);
	atexit(remove_folder);
	snprintf(text, sizeof(text), "run_dir = \"%s\"; keystored: { keys_dir = \"%s/keystore\"; };\n", folder, folder);
	FUZZ_CHECK(conf_load_callkey(fuzz_file((const uint8_t *)text, strlen(text)), &conf, why) == 0);
	FUZZ_CHECK(strongbox_open(conf, &box, why) == 0);
	ring = box.ring;
	open_keys();
	FUZZ_CHECK(issuers_load("config/issuers.cfg", &issuers, why) == 0 && seal_new(ring, &seal_means) == 0);
	FUZZ_CHECK(signer_new(ring, &signer) == 0 && columns_new(ring, &columns) == 0);
	config.issuers = issuers, config.seal = seal_means, config.signer = signer, config.columns = columns, config.box = &box;
	config.meters = &meters;
	FUZZ_CHECK(desk_new(&config, &desk) == 0);
	doors[0] = &desk->keypad, doors[1] = &desk->vault, doors[2] = &desk->officers;
	return 0;
}

static void leave(size_t i)
{
	ipc_conn_free(&clients[i]);
	if (doors[i]->conn != NULL)
		desk_read(desk, doors[i]);
	FUZZ_CHECK(doors[i]->conn == NULL);
}

static void come(size_t i, bool greet_it)
{
	const uint32_t versions[DOORS] = { KEYPAD_VERSION, VAULT_VERSION, KEYCTL_VERSION };
	uint8_t hello[14] = { 1, 0, (uint8_t)versions[i] };
	char path[96];

	/* The type's two octets, then version and boot. */
	memmove(hello + 2, &versions[i], 4);
	snprintf(path, sizeof(path), "%s/%s.sock", folder, names[i]);
	FUZZ_CHECK(ipc_connect(path, -1, &clients[i]) == 0);
	accept_peer(desk, doors[i]);
	FUZZ_CHECK(doors[i]->conn != NULL);
	if (!greet_it)
		return;
	FUZZ_CHECK(ipc_conn_send(clients[i], hello, sizeof(hello)) == 0);
	desk_read(desk, doors[i]);
	FUZZ_CHECK(doors[i]->greeted);
}

/* Answers are whole frames of their channel. */
static void hear(size_t i)
{
	static uint8_t frame[IPC_FRAME_MAX];
	static struct keypad_msg keypad;
	static struct vault_msg vault;
	static struct keyctl_msg keyctl;
	int n;

	while (clients[i] != NULL && (n = ipc_conn_recv(clients[i], frame)) > 0) {
		int e = i == 0 ? keypad_decode(&keypad, frame, (size_t)n) : i == 1 ? vault_decode(&vault, frame, (size_t)n)
		      : keyctl_decode(&keyctl, frame, (size_t)n);

		FUZZ_CHECK(e == 0);
	}
}

static void say(size_t i, bool greeted, const uint8_t *frame, size_t len)
{
	int64_t bad = meters.value[METERS_BAD_FRAMES];

	if (clients[i] != NULL && doors[i]->greeted != greeted)
		leave(i);
	if (clients[i] == NULL)
		come(i, greeted);
	if (len == 0 || ipc_conn_send(clients[i], frame, len) < 0)
		return;
	desk_read(desk, doors[i]);
	hear(i);
	if (doors[i]->conn == NULL) {
		FUZZ_CHECK(meters.value[METERS_BAD_FRAMES] == bad + 1);
		ipc_conn_free(&clients[i]);
	} else {
		FUZZ_CHECK(meters.value[METERS_BAD_FRAMES] == bad);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t frame[IPC_FRAME_MAX];

	open_keys();
	if (fuzz_octet(&data, &size) & 1)
		FUZZ_CHECK(keyring_zeroise(ring) == 0);
	for (size_t round = 0; size > 3 && round < ROUNDS_MAX; round++) {
		uint8_t door = fuzz_octet(&data, &size) % (2 * DOORS);
		size_t len = (size_t)fuzz_octet(&data, &size) << 8;

		len |= fuzz_octet(&data, &size);
		len = len > size ? size : len;
		if (len > sizeof(frame))
			return 0;
		memcpy(frame, data, len);
		data += len, size -= len;
		say(door % DOORS, door < DOORS, frame, len);
	}
	for (size_t i = 0; i < DOORS; i++)
		leave(i);
	custody_break_off(box.custody);
	FUZZ_CHECK(calls_count(desk->calls) == 0);
	return 0;
}
