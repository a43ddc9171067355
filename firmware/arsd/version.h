/* version.h: what this build calls itself; consents name it. */
#ifndef ARSD_VERSION_H
#define ARSD_VERSION_H

extern const char callkey_version[];

#endif
