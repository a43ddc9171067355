/* intake.c: HTTP requests of merchants, as nginx passes them on: method, path, query and five headers, each ended by NUL,
 * then the body. What is taken fits a frame to arsd; what is not has a problem that can be told. */
#include "apid/intake.h"
#include "ipc/wire.h"
#include "tests/fuzz/fuzz.h"

static const char *or_absent(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct api_msg message;
	static uint8_t frame[IPC_FRAME_MAX];
	enum listener listener = fuzz_octet(&data, &size) & 1 ? LISTENER_ADMIN : LISTENER_MERCHANT;
	char *part[8];
	const struct route *route = NULL;
	struct problem problem;
	struct intake in;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		part[i] = fuzz_part(&data, &size);
	in = (struct intake){
		.listener = listener, .method = part[0], .path = part[1], .query = part[2], .authorization = or_absent(part[3]),
		.content_type = or_absent(part[4]), .idempotency_key = or_absent(part[5]),
		.client_address = or_absent(part[6]), .client_certificate = or_absent(part[7]), .body = data, .len = size,
	};
	memset(&message, 0, sizeof(message));
	memset(&problem, 0, sizeof(problem));
	if (intake_read(&in, &route, &message, &problem) == 0)
		FUZZ_CHECK(route != NULL && message.type == route->type && api_encode(&message, frame, sizeof(frame)) > 0);
	else
		FUZZ_CHECK(problem.status >= 400 && problem.status < 500);
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		free(part[i]);
	return 0;
}
