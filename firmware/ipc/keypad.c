#include "ipc/keypad.h"

#include "ipc/gen_code.h"
