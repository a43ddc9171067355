#include "ipc/uplink.h"

#include "ipc/gen_code.h"
