/* phone.h: callkey phone: a telephone in the terminal. It is a tool of the sandbox: a client of the control socket of
 * callkey-carrier (firmware/sandbox/README.md), and knows nothing of the appliance but the texts of its prompts. */
#ifndef CALLKEY_PHONE_H
#define CALLKEY_PHONE_H

#include "callkey/words.h"

/* Places the call of words and returns when it is over: the exit status of the program. */
int phone_run(const struct words *w, const char *carrier_socket, const char *prompts_dir);

#endif
