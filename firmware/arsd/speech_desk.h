/* speech_desk.h: the speech workers on the loop: hands out texts, starts a worker again that died. */
#ifndef ARSD_SPEECH_DESK_H
#define ARSD_SPEECH_DESK_H

#include "arsd/speech.h"
#include "loop/loop.h"

struct speech_desk;
/* nursery: borrowed, from speech_nursery_start(). */
int speech_desk_new(struct loop *l, int nursery, void (*done)(uint64_t number, enum speech_result result, void *context),
                    void *context, struct speech_desk **d) MUST_CHECK;
void speech_desk_free(struct speech_desk **d);
/* False: too much waits already, or there is no worker. done() follows later. */
bool speech_desk_give(struct speech_desk *d, const struct speech_job *job);
/* Every 100 ms. Starts workers again that have died, and gives up those that are stuck. */
void speech_desk_tick(struct speech_desk *d);

#endif
