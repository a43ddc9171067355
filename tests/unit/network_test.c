/* network_test.c: which texts are networks, what lies in them, and which addresses are outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/attr.h"
#include "model/network.h"

static bool has(const char *network, const char *address)
{
	struct network n;
	struct network_address a;

	assert_int_equal(network_parse(network, &n), 0);
	assert_int_equal(network_address_parse(address, &a), 0);
	return network_has(&n, &a);
}

static void a_network_has_what_begins_as_it_does(void **state UNUSED)
{
	assert_true(has("203.0.113.0/24", "203.0.113.255"));
	assert_false(has("203.0.113.0/24", "203.0.114.0"));
	assert_true(has("203.0.113.128/25", "203.0.113.128"));
	assert_false(has("203.0.113.128/25", "203.0.113.127"));
	assert_true(has("198.51.100.7", "198.51.100.7"));
	assert_false(has("198.51.100.7", "198.51.100.6"));
	assert_true(has("0.0.0.0/0", "8.8.8.8"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("2001:db8::1", "2001:DB8:0::1"));
	/* One family is never in the other, but an IPv4 address may come in the dress of IPv6. */
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_false(has("::/0", "8.8.8.8"));
	assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3"));
}

static void what_is_no_network_is_refused(void **state UNUSED)
{
	static const char *const texts[] = {
		"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/08", "10.0.0/8", "10.0.0.1/8", "shop.example",
		"2001:db8::/129", "2001:db8::1/32", "::ffff:10.0.0.0/104", "1.2.3.4/99999999999", "10.0.0.0/8/8", "fe80::1%eth0",
		"2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/32",
	};
	struct network n = { .prefix = 77 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (network_parse(texts[i], &n) == 0)
			fail_msg("%s was taken", texts[i]);
	assert_int_equal(n.prefix, 77);
}

static void a_network_is_printed_in_one_form(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "10.0.0.0/8", "10.0.0.0/8" }, { "198.51.100.7", "198.51.100.7/32" }, { "2001:0DB8:0::/32", "2001:db8::/32" }, { "::1", "::1/128" },
		{ "::ffff:10.1.2.3", "10.1.2.3/32" },
	};
	char text[NETWORK_SIZE];
	struct network n;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(network_parse(cases[i][0], &n), 0);
		assert_string_equal(network_print(&n, text), cases[i][1]);
	}
}

static void only_public_addresses_are_outside(void **state UNUSED)
{
	static const char *const inside[] = {
		"0.0.0.0", "0.1.2.3", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.9", "169.254.169.254", "172.16.0.1",
		"172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.0.1", "198.19.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
		"240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
		"2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "4000::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1",
	}, *const outside[] = {
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "172.15.0.1", "172.32.0.1",
		"192.167.0.1", "192.169.0.1", "223.255.255.255", "::ffff:8.8.8.8", "2001:200::1", "2400:cb00::1", "2606:4700::1111", "2a00::1",
	};
	struct network_address a;

	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		assert_int_equal(network_address_parse(inside[i], &a), 0);
		if (network_address_is_public(&a))
			fail_msg("%s counts as outside", inside[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
		assert_int_equal(network_address_parse(outside[i], &a), 0);
		if (!network_address_is_public(&a))
			fail_msg("%s counts as inside", outside[i]);
	}
	assert_int_equal(network_address_from("12345", 5, &a), ERR_INVALID);
}

static void an_https_address_has_a_host_and_a_port_that_can_be(void **state UNUSED)
{
	static const char *const good[] = {
		"https://x.example", "https://x.example/", "https://x.example:8443/hooks?a=b&c=%20", "https://x.example?x=1", "https://a_b.x-y.example./",
		"https://192.0.2.1/", "https://[2001:db8::1]/", "https://[2001:db8::1]:443/h", "https://x.example:65535/", "https://x/",
		"https://xn--bj0bj06e.example/a:b@c", "https://x.example/[a]",
	};
	static const char *const bad[] = {
		"", "https://", "https:///a", "http://x.example/", "HTTPS://x.example/", "https://u@x.example/", "https://u:p@x.example/", "https://x.example/#a",
		"https://x.example:/", "https://x.example:0/", "https://x.example:65536/", "https://x.example:443x/", "https://x.example:+443/",
		"https://x.example:000443/", "https://x..example/", "https://.example/", "https://./", "https://[2001:db8::1", "https://[2001:db8::1]x/", "https://[]/",
		"https://[zz]/", "https://[192.0.2.1]/", "https://[fe80::1%25eth0]/", "https://2001:db8::1/", "https://x example/", "https://x.example/\x7f",
		"https://x.example\\@y.example/", "https://한글.example/", "https://x%2eexample/",
		"https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!network_is_https_url(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (network_is_https_url(bad[i]))
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_network_has_what_begins_as_it_does),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(a_network_is_printed_in_one_form),
		cmocka_unit_test(only_public_addresses_are_outside),
		cmocka_unit_test(an_https_address_has_a_host_and_a_port_that_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
