#include "sandbox/carrier/prompts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

enum { FILE_MAX = 8 << 20, ID_SIZE = 96, VOICE_SIZE = 16, HEX_LEN = 64 };

/* Once in the store an entry never moves or goes: libraries borrow its strings and octets. */
struct entry { char id[ID_SIZE], voice[VOICE_SIZE]; uint8_t *octets[2]; size_t len; };

struct prompts {
	struct prompts_config config;
	struct entry **entries;               /* sorted by id, then voice; the thread's alone after the start */
	size_t count, space;
	struct rec_library *library[2];       /* the main thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint64_t wanted, done;                /* tickets */
	bool stop;
	struct rec_library *fresh[2];         /* made by the thread, not yet taken */
	atomic_bool has_fresh;
	atomic_size_t known;
};

static int compare(const struct entry *e, const char *id, const char *voice)
{
	int order = strcmp(e->id, id);

	return order != 0 ? order : strcmp(e->voice, voice);
}

/* Where the entry is, or has to be. */
static size_t place_of(const struct prompts *p, const char *id, const char *voice)
{
	size_t lo = 0, hi = p->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(p->entries[mid], id, voice) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_known(const struct prompts *p, const char *id, const char *voice)
{
	size_t at = place_of(p, id, voice);

	return at < p->count && compare(p->entries[at], id, voice) == 0;
}

static void entry_free(struct entry *e)
{
	if (e != NULL) {
		free(e->octets[DSP_ALAW]);
		free(e->octets[DSP_ULAW]);
		free(e);
	}
}

static struct entry *entry_new(const struct prompts *p, const char *id, const char *voice, const int16_t *pcm, size_t n)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	snprintf(e->id, sizeof(e->id), "%s", id);
	snprintf(e->voice, sizeof(e->voice), "%s", voice);
	e->len = n;
	for (int law = DSP_ALAW; law <= DSP_ULAW; law++) {
		if (!p->config.laws[law])
			continue;
		e->octets[law] = malloc(n);
		if (e->octets[law] == NULL) {
			entry_free(e);
			return NULL;
		}
		g711_encode((enum dsp_law)law, pcm, e->octets[law], n);
	}
	return e;
}

/* Keeps e; one of the same name gives way, which only happens before the first library is made. */
static int keep(struct prompts *p, struct entry *e)
{
	size_t at = place_of(p, e->id, e->voice);

	if (at < p->count && compare(p->entries[at], e->id, e->voice) == 0) {
		entry_free(p->entries[at]);
		p->entries[at] = e;
		return 0;
	}
	if (p->count == p->space) {
		size_t space = p->space * 2 + 256;
		struct entry **grown = realloc(p->entries, space * sizeof(*grown));

		if (grown == NULL)
			return ERR_NOMEM;
		p->entries = grown;
		p->space = space;
	}
	memmove(p->entries + at + 1, p->entries + at, (p->count - at) * sizeof(*p->entries));
	p->entries[at] = e;
	p->count++;
	return 0;
}

static int read_file(int dir, const char *name, uint8_t **octets, size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), err = ERR_IO;
	struct stat st;
	uint8_t *got = NULL;

	if (fd < 0)
		return ERR_IO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= FILE_MAX) {
		got = malloc((size_t)st.st_size);
		if (got != NULL && read(fd, got, (size_t)st.st_size) == st.st_size)
			err = 0;
	}
	close(fd);
	if (err != 0) {
		free(got);
		return err;
	}
	*octets = got;
	*len = (size_t)st.st_size;
	return 0;
}

static void load(struct prompts *p, int dir, const char *name, const char *id, const char *voice)
{
	uint8_t *file = NULL;
	int16_t *pcm = NULL;
	size_t len, n;
	struct entry *e = NULL;
	enum wav_fault fault;

	if (read_file(dir, name, &file, &len) != 0) {
		log_warn("prompt_unreadable", "file=%s voice=%s", name, voice);
		return;
	}
	fault = wav_read(file, len, &pcm, &n);
	if (fault == WAV_OK)
		e = entry_new(p, id, voice, pcm, n);
	if (fault != WAV_OK)
		log_warn("prompt_refused", "file=%s voice=%s why=\"%s\"", name, voice, wav_fault_text(fault));
	else if (e == NULL || keep(p, e) != 0)
		entry_free(e);
	free(pcm);
	free(file);
}

/* The name without its last ".wav", or false. */
static bool strip_wav(const char *name, char out[ID_SIZE])
{
	size_t len = strlen(name);

	if (name[0] == '.' || len < 5 || len - 4 >= ID_SIZE || strcmp(name + len - 4, ".wav") != 0)
		return false;
	memcpy(out, name, len - 4);
	out[len - 4] = '\0';
	return true;
}

typedef void (*each_file)(struct prompts *p, int dir, const char *name, const char *bare, const char *language);

static void each_wav(struct prompts *p, const char *path, const char *language, each_file take)
{
	DIR *d = opendir(path);
	char bare[ID_SIZE];

	if (d == NULL)
		return;
	for (struct dirent *f; (f = readdir(d)) != NULL; )
		if (strip_wav(f->d_name, bare))
			take(p, dirfd(d), f->d_name, bare, language);
	closedir(d);
}

static void take_normal(struct prompts *p, int dir, const char *name, const char *bare, const char *language)
{
	load(p, dir, name, bare, language);
}

static void take_slow(struct prompts *p, int dir, const char *name, const char *bare, const char *language)
{
	char voice[VOICE_SIZE];

	snprintf(voice, sizeof(voice), "%s-slow", language);
	load(p, dir, name, bare, voice);
}

static void take_recording(struct prompts *p, int dir, const char *name, const char *bare, const char *language)
{
	char id[ID_SIZE];
	size_t len = strlen(bare);

	if (len > 5 && strcmp(bare + len - 5, ".slow") == 0) {
		snprintf(id, sizeof(id), "%.*s", (int)(len - 5), bare);
		take_slow(p, dir, name, id, language);
	} else {
		take_normal(p, dir, name, bare, language);
	}
}

static void take_speech(struct prompts *p, int dir, const char *name, const char *bare, const char *language UNUSED)
{
	char id[ID_SIZE];

	if (strspn(bare, "0123456789abcdef") != HEX_LEN || bare[HEX_LEN] != '.' || strlen(bare + HEX_LEN + 1) >= VOICE_SIZE)
		return;
	snprintf(id, sizeof(id), "speech:%.*s", HEX_LEN, bare);
	if (!is_known(p, id, bare + HEX_LEN + 1))
		load(p, dir, name, id, bare + HEX_LEN + 1);
}

static void load_languages(struct prompts *p, const char *top, bool recordings)
{
	DIR *d = opendir(top);
	char path[4096];

	if (d == NULL) {
		if (!recordings)
			log_warn("prompts_missing", "dir=%s error=\"%s\"", top, strerror(errno));
		return;
	}
	for (struct dirent *f; (f = readdir(d)) != NULL; ) {
		if (f->d_name[0] == '.' || strlen(f->d_name) > 8)
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", top, f->d_name, recordings ? "" : "/normal");
		each_wav(p, path, f->d_name, recordings ? take_recording : take_normal);
		if (recordings)
			continue;
		snprintf(path, sizeof(path), "%s/%s/slow", top, f->d_name);
		each_wav(p, path, f->d_name, take_slow);
	}
	closedir(d);
}

static int make_library(const struct prompts *p, int law, struct rec_library **lib)
{
	struct rec_prompt *all = calloc(p->count + 1, sizeof(*all));
	int err;

	if (all == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < p->count; i++)
		all[i] = (struct rec_prompt){ p->entries[i]->id, p->entries[i]->voice, p->entries[i]->octets[law], p->entries[i]->len };
	err = rec_library_new(all, p->count, lib);
	free(all);
	return err;
}

static void publish(struct prompts *p)
{
	for (int law = DSP_ALAW; law <= DSP_ULAW; law++) {
		struct rec_library *made = NULL;

		if (!p->config.laws[law] || make_library(p, law, &made) != 0)
			continue;
		pthread_mutex_lock(&p->lock);
		rec_library_free(&p->fresh[law]);
		p->fresh[law] = made;
		pthread_mutex_unlock(&p->lock);
	}
	atomic_store(&p->known, p->count);
	atomic_store(&p->has_fresh, true);
}

static void *look_for_speech(void *context)
{
	struct prompts *p = context;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		uint64_t ticket;
		size_t before = p->count;

		while (p->wanted == p->done && !p->stop)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->stop)
			break;
		ticket = p->wanted;
		pthread_mutex_unlock(&p->lock);
		if (p->config.speech != NULL)
			each_wav(p, p->config.speech, "", take_speech);
		if (p->count != before)
			publish(p);
		pthread_mutex_lock(&p->lock);
		p->done = ticket;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void discard(struct prompts *p)
{
	for (size_t i = 0; i < p->count; i++)
		entry_free(p->entries[i]);
	for (int law = 0; law < 2; law++) {
		rec_library_free(&p->library[law]);
		rec_library_free(&p->fresh[law]);
	}
	free(p->entries);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	free(p);
}

int prompts_open(const struct prompts_config *config, struct prompts **p)
{
	struct prompts *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return ERR_NOMEM;
	made->config = *config;
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->wake, NULL);
	load_languages(made, config->prompts, false);
	if (config->recordings != NULL)
		load_languages(made, config->recordings, true);
	if (config->speech != NULL)
		each_wav(made, config->speech, "", take_speech);
	publish(made);
	if (pthread_create(&made->thread, NULL, look_for_speech, made) != 0) {
		discard(made);
		return ERR_NOMEM;
	}
	*p = made;
	return 0;
}

void prompts_free(struct prompts **p)
{
	if (*p == NULL)
		return;
	pthread_mutex_lock(&(*p)->lock);
	(*p)->stop = true;
	pthread_cond_signal(&(*p)->wake);
	pthread_mutex_unlock(&(*p)->lock);
	pthread_join((*p)->thread, NULL);
	discard(*p);
	*p = NULL;
}

uint64_t prompts_rescan(struct prompts *p)
{
	uint64_t ticket;

	pthread_mutex_lock(&p->lock);
	ticket = ++p->wanted;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	return ticket;
}

bool prompts_fresh(struct prompts *p, uint64_t ticket)
{
	bool fresh;

	pthread_mutex_lock(&p->lock);
	fresh = p->done >= ticket;
	pthread_mutex_unlock(&p->lock);
	return fresh;
}

struct rec_library *prompts_library(struct prompts *p, enum dsp_law law)
{
	if (atomic_exchange(&p->has_fresh, false)) {
		pthread_mutex_lock(&p->lock);
		for (int l = 0; l < 2; l++) {
			if (p->fresh[l] == NULL)
				continue;
			rec_library_free(&p->library[l]);
			p->library[l] = p->fresh[l];
			p->fresh[l] = NULL;
		}
		pthread_mutex_unlock(&p->lock);
	}
	return p->library[law];
}

size_t prompts_count(struct prompts *p)
{
	return atomic_load(&p->known);
}
