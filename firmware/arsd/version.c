#include "arsd/version.h"

const char callkey_version[] = "callkey " CALLKEY_VERSION;
