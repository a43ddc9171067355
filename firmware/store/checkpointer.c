#include "store/checkpointer.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/log.h"

/* Frames of 4 KB. A log is written from its begin again only when all of it has been brought over and a commit finds it so. Under load
 * there is always more, so what is left of a long one (a start has to read it) is brought over by the committing turn, if it is little;
 * a log so long that the thread cannot follow, in any case. */
enum { PASS_FRAMES = 2000, LONG_FRAMES = 16000, LITTLE_FRAMES = 500, TOO_LONG_FRAMES = 64000 };

struct checkpointer {
	sqlite3 *handle;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool asked, ends;                 /* under mutex; asked until it is done */
	int done;                         /* under mutex: frames that were brought over */
	int fault;                        /* under mutex: of SQLite, or 0 */
	int told;                         /* the fault that the log knows of */
};

/* Whoever commits is not held up by it; readers hold back only what they still see. */
static int bring_over(sqlite3 *handle, int *done)
{
	int in_log = 0, brought = 0, code = sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &brought);

	if (code == SQLITE_OK && brought >= 0)
		*done = brought;
	return code == SQLITE_BUSY ? SQLITE_OK : code;
}

static void *run(void *context)
{
	struct checkpointer *c = context;

	pthread_mutex_lock(&c->mutex);
	while (!c->ends) {
		int done = c->done, fault;

		if (!c->asked) {
			pthread_cond_wait(&c->wake, &c->mutex);
			continue;
		}
		pthread_mutex_unlock(&c->mutex);
		fault = bring_over(c->handle, &done);
		pthread_mutex_lock(&c->mutex);
		c->done = done;
		c->fault = fault;
		c->asked = false;
	}
	pthread_mutex_unlock(&c->mutex);
	return NULL;
}

/* Signals are the loop's. */
static int start(struct checkpointer *c)
{
	sigset_t all, before;
	int e;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	e = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e == 0 ? 0 : ERR_NOMEM;
}

int checkpointer_new(const char *path, struct checkpointer **c)
{
	struct checkpointer *made = calloc(1, sizeof(*made));
	int e = 0;

	if (made == NULL)
		return ERR_NOMEM;
	if (sqlite3_open_v2(path, &made->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_exec(made->handle, "PRAGMA synchronous = FULL; PRAGMA cache_size = -64;", NULL, NULL, NULL) != SQLITE_OK)
		e = ERR_IO;
	pthread_mutex_init(&made->mutex, NULL);
	pthread_cond_init(&made->wake, NULL);
	if (e == 0)
		e = start(made);
	if (e < 0) {
		log_error("store_checkpointer", "error=%s why=\"%s\"", err_name(e), made->handle != NULL ? sqlite3_errmsg(made->handle) : "no memory");
		sqlite3_close(made->handle);
		free(made);
		return e;
	}
	*c = made;
	return 0;
}

void checkpointer_free(struct checkpointer **c)
{
	if (*c == NULL)
		return;
	pthread_mutex_lock(&(*c)->mutex);
	(*c)->ends = true;
	pthread_cond_signal(&(*c)->wake);
	pthread_mutex_unlock(&(*c)->mutex);
	pthread_join((*c)->thread, NULL);
	pthread_cond_destroy(&(*c)->wake);
	pthread_mutex_destroy(&(*c)->mutex);
	sqlite3_close((*c)->handle);
	free(*c);
	*c = NULL;
}

/* A disk that takes no writes refuses commits, too, which is told elsewhere. */
static void complain(struct checkpointer *c, int fault)
{
	if (fault != SQLITE_OK && fault != c->told)
		log_error("store_checkpoint", "why=\"%s\" hint=\"the log grows until it can be brought over\"", sqlite3_errstr(fault));
	c->told = fault;
}

void checkpointer_tell(struct checkpointer *c, sqlite3 *committed, int frames)
{
	int left, fault;

	pthread_mutex_lock(&c->mutex);
	if (c->asked) {
		pthread_mutex_unlock(&c->mutex);
		return;
	}
	if (c->done > frames)             /* it is written from its begin again */
		c->done = 0;
	left = frames - c->done;
	fault = c->fault;
	if ((frames >= LONG_FRAMES && left > 0 && left < LITTLE_FRAMES) || frames >= TOO_LONG_FRAMES) {
		fault = bring_over(committed, &c->done);
	} else if (left >= (frames >= LONG_FRAMES ? LITTLE_FRAMES : PASS_FRAMES)) {
		c->asked = true;
		pthread_cond_signal(&c->wake);
	}
	pthread_mutex_unlock(&c->mutex);
	complain(c, fault);
}
