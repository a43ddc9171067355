/* api.h: the merchant API behind apid: who asks, what is made, what is shown. */
#ifndef ARSD_API_H
#define ARSD_API_H

#include "arsd/arsd.h"

int api_new(struct arsd *a, struct api **api) MUST_CHECK;
void api_free(struct api **api);

/* One message of apid. ERR_INVALID: a kind that only arsd sends; drop the peer. */
int api_handle(struct arsd *a, uint64_t peer, const struct api_msg *m) MUST_CHECK;
void api_speech_done(struct arsd *a, uint64_t number, enum speech_result result);
/* Requests that wait for speech too long. */
void api_tick(struct arsd *a);
/* The turn is stored; or it is lost, and everybody who was answered in it gets an error instead. */
void api_turn_done(struct arsd *a);
void api_turn_failed(struct arsd *a);

/* SHA-256 of a bearer key: what the store knows of it. */
int api_key_hash(const char *bearer, uint8_t hash[32]) MUST_CHECK;

#endif
