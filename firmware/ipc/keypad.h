/* keypad.h: the one way of a secret digit, trunkd -> keystored. keystored listens.
 * The messages are listed in ipc/keypad.def. */
#ifndef IPC_KEYPAD_H
#define IPC_KEYPAD_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/conn.h"
#include "lib/err.h"

#undef IPC_CHAN
#undef IPC_LIST
#define IPC_CHAN keypad
#define IPC_LIST "ipc/keypad.def"
#include "ipc/gen_head.h"

#endif
