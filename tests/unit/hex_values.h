/* hex_values.h: octets as published vectors write them. */
#ifndef TESTS_HEX_VALUES_H
#define TESTS_HEX_VALUES_H

#include <stddef.h>
#include <stdint.h>

/* As many octets as text has pairs of digits. */
size_t hex_read(const char *text, uint8_t *out);
/* want: lower case. */
void hex_expect(const void *data, size_t len, const char *want);

#endif
