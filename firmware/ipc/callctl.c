#include "ipc/callctl.h"

#include "ipc/gen_code.h"
