#include "ipc/vault.h"

#include "ipc/gen_code.h"
