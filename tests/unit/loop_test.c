/* loop_test.c: turns, held-back frames, reconnecting peers, and HTTP requests whose client leaves early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "loop/loop.h"
#include "tests/unit/scratch.h"

static struct loop *loop;
static char path[100];
static struct loop_peer *server_side, *client_side;
static int turns, frames_seen, ups, downs, turns_when_seen;
static bool commit_fails;

static int setup(void **state UNUSED)
{
	turns = frames_seen = ups = downs = turns_when_seen = 0;
	server_side = client_side = NULL;
	commit_fails = false;
	scratch_path(path, sizeof(path), "loop_test.%d", (int)getpid());
	return loop_new(&loop);
}

static int teardown(void **state UNUSED)
{
	loop_free(&loop);
	return 0;
}

static void stop(void *context UNUSED)
{
	loop_stop(loop);
}

static void on_turn_end(void *context UNUSED)
{
	turns++;
	if (commit_fails)
		loop_peers_discard(loop);
}

static void server_up(struct loop_peer *p, void *context UNUSED)
{
	server_side = p;
	ups++;
}

static void server_frame(struct loop_peer *p UNUSED, const uint8_t *frame UNUSED, size_t len UNUSED, void *context UNUSED)
{
	frames_seen++;
	turns_when_seen = turns;
}

static void server_down(struct loop_peer *p UNUSED, void *context UNUSED)
{
	server_side = NULL;
	downs++;
}

static void client_up(struct loop_peer *p, void *context UNUSED)
{
	assert_int_equal(ipc_conn_send(loop_peer_conn(p), (const uint8_t *)"hello", 5), 0);
}

static const struct loop_peer_handlers server = { server_up, server_frame, server_down, NULL };
static const struct loop_peer_handlers client = { client_up, server_frame, NULL, NULL };

static void run_for(int64_t ms)
{
	struct loop_timer *t;

	assert_int_equal(loop_timer_start(loop, ms, stop, NULL, &t), 0);
	assert_int_equal(loop_run(loop), 0);
}

static void frames_leave_after_the_turn_ends(void **state UNUSED)
{
	loop_on_turn_end(loop, on_turn_end, NULL);
	assert_int_equal(loop_peer_listen(loop, path, -1, 1, &server), 0);
	assert_int_equal(loop_peer_connect(loop, path, -1, &client, &client_side), 0);
	run_for(100);
	assert_int_equal(frames_seen, 1);
	assert_true(turns_when_seen >= 1);
}

static void a_failed_commit_keeps_the_world_ignorant(void **state UNUSED)
{
	commit_fails = true;
	loop_on_turn_end(loop, on_turn_end, NULL);
	assert_int_equal(loop_peer_listen(loop, path, -1, 1, &server), 0);
	assert_int_equal(loop_peer_connect(loop, path, -1, &client, &client_side), 0);
	run_for(100);
	assert_int_equal(ups, 1);
	assert_int_equal(frames_seen, 0);
}

static void drop_server(void *context UNUSED)
{
	loop_peer_drop(server_side);
}

static void a_lost_peer_comes_back_by_itself(void **state UNUSED)
{
	struct loop_timer *t;

	assert_int_equal(loop_peer_connect(loop, path, -1, &client, &client_side), 0);
	assert_int_equal(loop_peer_listen(loop, path, -1, 1, &server), 0);
	assert_int_equal(loop_timer_start(loop, 50, drop_server, NULL, &t), 0);
	run_for(500);
	assert_int_equal(ups, 2);
	assert_int_equal(downs, 1);
	assert_int_equal(frames_seen, 2);
	assert_null(t);
}

static struct http_request *waiting;

static void on_http(struct http_request *r, void *context UNUSED)
{
	size_t len;

	if (strcmp(http_path(r), "/late") == 0) {
		waiting = r;
		return;
	}
	http_body(r, &len);
	http_reply_header(r, "X-Length", len == 3 ? "three" : "other");
	http_reply(r, 201, "text/plain", "made", 4);
}

static int http_client(const char *request)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sa.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_true(write(fd, request, strlen(request)) > 0);
	return fd;
}

static void http_requests_are_answered(void **state UNUSED)
{
	char answer[1000] = "";
	int fd;

	assert_int_equal(http_listen_unix(loop, path, on_http, NULL), 0);
	fd = http_client("POST /a%62c?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
	run_for(100);
	assert_true(read(fd, answer, sizeof(answer) - 1) > 0);
	assert_non_null(strstr(answer, "201"));
	assert_non_null(strstr(answer, "X-Length: three"));
	assert_non_null(strstr(answer, "\r\n\r\nmade"));
	close(fd);
}

static void answer_late(void *context UNUSED)
{
	assert_non_null(waiting);
	http_reply(waiting, 200, "text/plain", "x", 1);
}

static void a_client_that_left_costs_nothing(void **state UNUSED)
{
	struct loop_timer *t;
	int fd;

	assert_int_equal(http_listen_unix(loop, path, on_http, NULL), 0);
	fd = http_client("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
	close(fd);
	assert_int_equal(loop_timer_start(loop, 100, answer_late, NULL, &t), 0);
	run_for(200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_leave_after_the_turn_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_commit_keeps_the_world_ignorant, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lost_peer_comes_back_by_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(http_requests_are_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(a_client_that_left_costs_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
