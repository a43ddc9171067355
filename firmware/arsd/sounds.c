#include "arsd/sounds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arsd/speech.h"
#include "crypto/crypto.h"
#include "lib/log.h"

enum { FILE_MAX = 16 << 20, NAME_SIZE = 96, PATH_SIZE = 512 };

struct sound { char name[NAME_SIZE], hex[SOUND_HASH_SIZE]; };
struct sounds { struct sound *list; size_t count, room; };

static int read_whole(int fd, uint8_t *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, buf, len);

		if (n <= 0)
			return ERR_IO;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int hash_file(const char *path, char hex[SOUND_HASH_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), e = ERR_NOT_FOUND;
	uint8_t hash[CRYPTO_SHA256_SIZE], *buf = NULL;
	struct stat st;

	if (fd < 0)
		return ERR_NOT_FOUND;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= FILE_MAX)
		buf = malloc((size_t)st.st_size);
	if (buf != NULL)
		e = read_whole(fd, buf, (size_t)st.st_size);
	if (e == 0)
		e = crypto_sha256(buf, (size_t)st.st_size, hash);
	if (e == 0)
		e = hex_encode(hash, sizeof(hash), hex, SOUND_HASH_SIZE);
	free(buf);
	close(fd);
	return e < 0 ? ERR_NOT_FOUND : 0;
}

/* A recording goes before the synthesised prompt, as in trunkd's prompts.c. */
static int hash_prompt(const struct settings *set, const char *language, bool slow, const char *id, char hex[SOUND_HASH_SIZE])
{
	char path[PATH_SIZE];

	if (set->recordings[0] != '\0') {
		snprintf(path, sizeof(path), "%s/%s/%s%s.wav", set->recordings, language, id, slow ? ".slow" : "");
		if (hash_file(path, hex) == 0)
			return 0;
	}
	snprintf(path, sizeof(path), "%s/prompts/%s/%s/%s.wav", set->share_dir, language, slow ? "slow" : "normal", id);
	return hash_file(path, hex);
}

static int hash_speech(const struct settings *set, const char *language, bool slow, const char *id, char hex[SOUND_HASH_SIZE])
{
	char path[PATH_SIZE], voice[VOICE_SIZE];

	snprintf(voice, sizeof(voice), "%s%s", language, slow ? "-slow" : "");
	speech_path(set, id, voice, path, sizeof(path));
	return hash_file(path, hex);
}

/* Forgetting is no harm. */
static void remember(struct arsd *a, const char *name, const char *hex)
{
	struct sounds *s = a->sounds != NULL ? a->sounds : (a->sounds = calloc(1, sizeof(*s)));

	if (s == NULL)
		return;
	if (s->count == s->room) {
		size_t room = s->room == 0 ? 256 : s->room * 2;
		struct sound *more = realloc(s->list, room * sizeof(*more));

		if (more == NULL)
			return;
		s->list = more;
		s->room = room;
	}
	snprintf(s->list[s->count].name, NAME_SIZE, "%s", name);
	snprintf(s->list[s->count++].hex, SOUND_HASH_SIZE, "%s", hex);
}

int sounds_hash(struct arsd *a, const char *language, bool slow, const char *id, char hex[SOUND_HASH_SIZE])
{
	char name[NAME_SIZE];
	int e;

	if (strncmp(id, "speech:", 7) == 0)
		return hash_speech(&a->set, language, slow, id, hex);
	if (snprintf(name, sizeof(name), "%s/%d/%s", language, slow, id) >= (int)sizeof(name))
		return ERR_NOT_FOUND;
	for (size_t i = 0; a->sounds != NULL && i < a->sounds->count; i++)
		if (strcmp(a->sounds->list[i].name, name) == 0) {
			memcpy(hex, a->sounds->list[i].hex, SOUND_HASH_SIZE);
			return 0;
		}
	e = hash_prompt(&a->set, language, slow, id, hex);
	if (e == 0)
		remember(a, name, hex);
	else
		log_warn("sound_unread", "language=%s slow=%d id=%s hint=\"its hash is missing in a consent's record\"", language, slow, id);
	return e;
}

void sounds_forget(struct arsd *a)
{
	if (a->sounds != NULL)
		a->sounds->count = 0;
}

void sounds_free(struct sounds **s)
{
	if (*s != NULL)
		free((*s)->list);
	free(*s);
	*s = NULL;
}
