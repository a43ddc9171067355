#include "ipc/api.h"

#include "ipc/gen_code.h"
