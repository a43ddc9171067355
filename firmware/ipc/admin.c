#include "ipc/admin.h"

#include "ipc/gen_code.h"
