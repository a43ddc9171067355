#include "ipc/keyctl.h"

#include "ipc/gen_code.h"
