/* media_test.c: the media threads on a software trunk: rings both ways, plays that come back exactly once, the state of the line;
 * and that the threads, once started, neither allocate nor lock nor log nor ask the time of day. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/log.h"
#include "trunkd/media.h"
#include "trunkd/media_span.h"
#include "trunkd/meters.h"
#include "tests/unit/scratch.h"

enum { BLOCK = TRUNK_BLOCK, SOUND = 0x2a, CALL = 4711, MEMORY_A_CALL_MAX = 8192 };

/* ---- the traps: the program's own malloc, pthread_mutex_lock and clocks stand before libc's, for libraries, too; they count
 * what a media thread may not do. A sanitizer build has a malloc of its own already. Logging asks for the time of day. ---- */

enum trap { TRAP_MALLOC, TRAP_CALLOC, TRAP_REALLOC, TRAP_FREE, TRAP_LOCK, TRAP_WALL_CLOCK, TRAPS };
static const char *const trap_names[TRAPS] = { "malloc", "calloc", "realloc", "free", "pthread_mutex_lock", "time of day" };
static _Thread_local bool trapped;
static _Atomic int caught[TRAPS];
static _Atomic bool armed;

static void trap(enum trap which)
{
	char name[16] = "";

	if (!atomic_load(&armed) || trapped)
		return;
	trapped = true;                       /* asking the name must not trap again */
	if (pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 && strncmp(name, "media", 5) == 0 &&
	    name[5] >= '0' && name[5] <= '9')          /* this program is called media_test */
		atomic_fetch_add(&caught[which], 1);
	trapped = false;
}

static int (*real_lock)(pthread_mutex_t *m);

__attribute__((constructor)) static void find_real(void)
{
	*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
}

int pthread_mutex_lock(pthread_mutex_t *m)
{
	trap(TRAP_LOCK);
	return real_lock(m);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_MONOTONIC)
		trap(TRAP_WALL_CLOCK);
	return (int)syscall(SYS_clock_gettime, clock, t);
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	trap(TRAP_WALL_CLOCK);
	return (int)syscall(SYS_gettimeofday, t, zone);
}

#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t m);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

void *malloc(size_t n)
{
	trap(TRAP_MALLOC);
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t m)
{
	trap(TRAP_CALLOC);
	return __libc_calloc(n, m);
}

void *realloc(void *p, size_t n)
{
	trap(TRAP_REALLOC);
	return __libc_realloc(p, n);
}

void free(void *p)
{
	trap(TRAP_FREE);
	__libc_free(p);
}
#endif

/* ---- a line with its media ---- */

static struct line {
	char dir[64];
	struct trunk_config config;
	struct soft_carrier *carrier;
	struct media *media;
	struct metrics metrics;
	uint64_t tick;
	struct trunk_block sent, got;
} line;

static uint8_t sound[50 * BLOCK];
static const struct prompt_audio prompt = { { sound, sound }, 10 * BLOCK };

static int set_up(void **state UNUSED)
{
	struct media_config config = { .spans = &line.config, .span_count = 1, .threads = 1, .metrics = &line.metrics };

	memset(&line, 0, sizeof(line));
	memset(sound, SOUND, sizeof(sound));
	meters_init(&line.metrics);
	scratch_path(line.dir, sizeof(line.dir), "callkey-media-XXXXXX");
	assert_non_null(mkdtemp(line.dir));
	snprintf(line.config.name, sizeof(line.config.name), "span1");
	snprintf(line.config.kind, sizeof(line.config.kind), "soft");
	snprintf(line.config.path, sizeof(line.config.path), "%s/span1.sock", line.dir);
	assert_int_equal(soft_carrier_listen(line.config.path, TRUNK_E1, TRUNK_ALAW, &line.carrier), 0);
	assert_int_equal(media_new(&config, &line.media), 0);
	memset(line.sent.pcm, g711_idle(DSP_ALAW), sizeof(line.sent.pcm));
	return 0;
}

static int tear_down(void **state UNUSED)
{
	media_free(&line.media);
	soft_carrier_free(&line.carrier);
	return rmdir(line.dir);
}

/* With threads running turn is false: they work by themselves. */
static void connect_line(bool turn)
{
	for (int i = 0; i < 500 && !soft_carrier_accept(line.carrier); i++) {
		if (turn)
			media_turn(line.media, 0, 2);
		else
			usleep(2000);
	}
	assert_true(soft_carrier_connected(line.carrier));
}

static void tick(bool turn)
{
	line.sent.tick = line.tick++;
	assert_int_equal(soft_carrier_send(line.carrier, &line.sent), 0);
	line.sent.frame_count = 0;
	for (int i = 0; i < 1000; i++) {
		int e;

		if (turn)
			media_turn(line.media, 0, 100);
		else
			usleep(500);
		e = soft_carrier_receive(line.carrier, &line.got);
		if (e == 0) {
			assert_int_equal(line.got.tick, line.sent.tick);
			return;
		}
		assert_int_equal(e, ERR_AGAIN);
	}
	fail_msg("no answer to tick %llu", (unsigned long long)line.sent.tick);
}

static void command(uint8_t type, uint8_t slot, struct play *p)
{
	assert_true(media_command(line.media, 0, &(struct media_command){ .type = type, .slot = slot, .call = CALL, .play = p }));
}

static struct play *play_new(uint32_t number)
{
	struct play *p = calloc(1, sizeof(*p) + sizeof(p->items[0]));

	assert_non_null(p);
	p->call = CALL;
	p->number = number;
	p->count = 1;
	p->items[0] = &prompt;
	return p;
}

/* Takes the events that are there; plays are counted by number and freed. */
static int take(int back[], int *over)
{
	struct media_event e;
	int n = 0;

	while (media_take_event(line.media, 0, &e)) {
		n++;
		if (e.type == MEDIA_PLAY_ENDED)
			back[e.number]++;
		if (e.type == MEDIA_CALL_OVER && over != NULL)
			(*over)++;
		free(e.play);
	}
	return n;
}

static void every_tick_is_answered_and_commands_take_effect_at_the_next(void **state UNUSED)
{
	int back[4] = { 0 }, over = 0;

	connect_line(true);
	tick(true);
	assert_int_equal(line.got.pcm[7][0], g711_idle(DSP_ALAW));
	command(MEDIA_START, 7, NULL);
	command(MEDIA_PLAY, 7, play_new(1));
	tick(true);
	assert_int_equal(line.got.pcm[7][0], SOUND);
	assert_int_equal(line.got.pcm[7][BLOCK - 1], SOUND);
	assert_int_equal(line.got.pcm[6][0], g711_idle(DSP_ALAW));
	command(MEDIA_STOP, 7, NULL);
	tick(true);
	assert_int_equal(line.got.pcm[7][0], g711_idle(DSP_ALAW));
	take(back, &over);
	assert_int_equal(back[1], 1);
	assert_int_equal(over, 1);
	assert_int_equal(line.metrics.value[METER_TICKS], 3);
}

static void frames_go_both_ways_unharmed(void **state UNUSED)
{
	uint8_t octets[TRUNK_FRAME_MAX];
	struct trunk_frame f;

	connect_line(true);
	for (int i = 0; i < TRUNK_FRAME_MAX; i++)
		octets[i] = (uint8_t)(i * 7);
	for (size_t len = 5; len <= 9; len++)
		media_send_frame(line.media, 0, octets, len);
	media_send_frame(line.media, 0, octets, TRUNK_FRAME_MAX);
	media_send_frame(line.media, 0, octets, TRUNK_FRAME_MAX + 1);      /* too long: not sent */
	line.sent.frame_count = 2;
	for (int i = 0; i < 2; i++) {
		line.sent.frames[i].len = (uint16_t)(10 + i);
		memcpy(line.sent.frames[i].octets, octets, sizeof(octets));
	}
	tick(true);
	assert_int_equal(line.got.frame_count, 6);
	assert_int_equal(line.got.frames[4].len, 9);
	assert_int_equal(line.got.frames[5].len, TRUNK_FRAME_MAX);
	assert_memory_equal(line.got.frames[5].octets, octets, TRUNK_FRAME_MAX);
	assert_true(media_take_frame(line.media, 0, &f));
	assert_int_equal(f.len, 10);
	assert_true(media_take_frame(line.media, 0, &f));
	assert_int_equal(f.len, 11);
	assert_memory_equal(f.octets, octets, 11);
	assert_false(media_take_frame(line.media, 0, &f));
	tick(true);
	assert_int_equal(line.got.frame_count, 0);
}

static void frames_that_nobody_takes_are_counted(void **state UNUSED)
{
	uint8_t octets[8] = { 0 };

	for (int i = 0; i < 100; i++)
		media_send_frame(line.media, 0, octets, sizeof(octets));
	assert_int_equal(line.metrics.value[METER_FRAMES_DROPPED], 100 - 32);
}

static void plays_come_back_once_when_the_line_dies(void **state UNUSED)
{
	int back[4] = { 0 }, over = 0;

	connect_line(true);
	command(MEDIA_START, 1, NULL);
	command(MEDIA_PLAY, 1, play_new(1));
	tick(true);
	soft_carrier_free(&line.carrier);
	media_turn(line.media, 0, 0);
	command(MEDIA_PLAY, 1, play_new(2));
	media_turn(line.media, 0, 0);
	command(MEDIA_STOP, 1, NULL);
	media_turn(line.media, 0, 0);
	take(back, &over);
	assert_int_equal(back[1], 1);
	assert_int_equal(back[2], 1);
	assert_int_equal(over, 1);
}

static void a_stop_for_another_call_stops_nothing(void **state UNUSED)
{
	int back[4] = { 0 };

	connect_line(true);
	command(MEDIA_START, 1, NULL);
	command(MEDIA_PLAY, 1, play_new(1));
	assert_true(media_command(line.media, 0, &(struct media_command){ .type = MEDIA_STOP, .slot = 1, .call = CALL + 1 }));
	tick(true);
	assert_int_equal(line.got.pcm[1][0], SOUND);
	assert_int_equal(take(back, NULL), 0);
}

static void alarms_are_believed_after_a_while(void **state UNUSED)
{
	struct media_span_state s;

	media_get_state(line.media, 0, &s);
	assert_int_equal(s.alarms, TRUNK_ALARM_NOTOPEN);
	connect_line(true);
	for (int i = 0; i < 10; i++)
		tick(true);
	media_get_state(line.media, 0, &s);
	assert_int_equal(s.alarms, 0);
	line.sent.alarms = TRUNK_ALARM_YELLOW;
	for (int i = 0; i < 4; i++)
		tick(true);
	line.sent.alarms = 0;
	tick(true);                                  /* 80 ms of alarm: a flicker */
	media_get_state(line.media, 0, &s);
	assert_int_equal(s.alarms, 0);
	line.sent.alarms = TRUNK_ALARM_BLUE;
	for (int i = 0; i < 5; i++)
		tick(true);
	media_get_state(line.media, 0, &s);
	assert_int_equal(s.alarms, TRUNK_ALARM_BLUE);
	soft_carrier_free(&line.carrier);
	media_turn(line.media, 0, 0);
	media_get_state(line.media, 0, &s);
	assert_int_equal(s.alarms, TRUNK_ALARM_RED | TRUNK_ALARM_LOS);
}

static void what_is_under_way_at_the_end_is_freed(void **state UNUSED)
{
	connect_line(true);
	command(MEDIA_START, 1, NULL);
	command(MEDIA_PLAY, 1, play_new(1));
	tick(true);
	command(MEDIA_PLAY, 1, play_new(2));         /* still in the ring; the leak checker sees the rest */
}

static void a_call_costs_little_memory(void **state UNUSED)
{
	assert_in_range(media_span_bytes() / 30, 1000, MEMORY_A_CALL_MAX);
}

static void started_threads_do_nothing_that_can_wait(void **state UNUSED)
{
	static const char digits[] = "123456789*0#";
	struct dtmf_tx keys = { 0 };
	int back[64] = { 0 }, events = 0;

	assert_int_equal(media_start(line.media), 0);
	connect_line(false);
	tick(false);
	atomic_store(&armed, true);
	command(MEDIA_START, 1, NULL);
	for (uint32_t i = 0; i < 60; i++) {
		struct play *p = play_new(i);
		int16_t pcm[BLOCK] = { 0 };

		p->collect = (uint8_t)(i % 3);
		p->first_samples = p->inter_samples = 2 * BLOCK;
		if (keys.count == 0)
			assert_int_equal(dtmf_tx_queue(&keys, digits, 800, 800, -9, -7), 0);
		command(MEDIA_PLAY, 1, p);
		for (int k = 0; k < 4; k++) {
			memset(pcm, 0, sizeof(pcm));
			dtmf_tx_block(&keys, pcm, BLOCK);
			g711_encode(DSP_ALAW, pcm, line.sent.pcm[1], BLOCK);
			tick(false);
		}
		events += take(back, NULL);
	}
	command(MEDIA_STOP, 1, NULL);
	tick(false);
	atomic_store(&armed, false);
	events += take(back, NULL);
	for (int i = 0; i < 60; i++)
		assert_int_equal(back[i], 1);
	assert_true(events > 70);                    /* keys and time-outs happened, so those ways were walked, too */
	for (int i = 0; i < TRAPS; i++)
		if (atomic_load(&caught[i]) != 0)
			fail_msg("%s: %d times", trap_names[i], atomic_load(&caught[i]));
}

static void *bad_media_thread(void *context UNUSED)
{
	void *volatile kept;
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_setname_np(pthread_self(), "media9");
	atomic_store(&armed, true);
	kept = malloc(10);
	kept = realloc(kept, 100);
	free(kept);
	kept = calloc(1, 10);
	free(kept);
	pthread_mutex_lock(&mutex);
	log_info("trap", "by=test");
	atomic_store(&armed, false);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void the_traps_do_trap(void **state UNUSED)
{
	pthread_t id;

	for (int i = 0; i < TRAPS; i++)
		atomic_store(&caught[i], 0);
	assert_int_equal(pthread_create(&id, NULL, bad_media_thread, NULL), 0);
	pthread_join(id, NULL);
	assert_true(atomic_load(&caught[TRAP_LOCK]) > 0 && atomic_load(&caught[TRAP_WALL_CLOCK]) > 0);
#ifndef __SANITIZE_ADDRESS__
	for (int i = 0; i < TRAPS; i++)
		if (atomic_load(&caught[i]) == 0)
			fail_msg("%s is not trapped", trap_names[i]);
#endif
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_tick_is_answered_and_commands_take_effect_at_the_next),
		TEST(frames_go_both_ways_unharmed),
		TEST(frames_that_nobody_takes_are_counted),
		TEST(plays_come_back_once_when_the_line_dies),
		TEST(a_stop_for_another_call_stops_nothing),
		TEST(alarms_are_believed_after_a_while),
		TEST(what_is_under_way_at_the_end_is_freed),
		TEST(a_call_costs_little_memory),
		TEST(started_threads_do_nothing_that_can_wait),
		cmocka_unit_test(the_traps_do_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
