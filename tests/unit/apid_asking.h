/* apid_asking.h: one request to apid's intake, and what became of it, for the tests of it. */
#ifndef TESTS_APID_ASKING_H
#define TESTS_APID_ASKING_H

#include "apid/intake.h"

#define REG "reg_0123456789abcdefghjkmnpqrs"
#define BK "bk_0123456789abcdefghjkmnpqrs"
#define REGISTRATION \
	"\"customer_ref\":\"c-1\",\"phone\":\"+82 10-1234-5678\",\"product_name\":\"월간 구독\",\"cycle\":\"monthly\""
#define WON(total) "\"amount\":{\"total\":" total ",\"currency\":\"KRW\"}"
#define PAYMENT \
	"\"order_id\":\"order-1\",\"billing_key\":\"" BK "\",\"order_name\":\"구독\"," WON("50000")

/* Of the last request: where it led, what arsd is asked, why it was refused. */
extern const struct route *route;
extern struct api_msg msg;
extern struct problem problem;

/* What intake_read() says. The listener is the merchants' and the query empty unless in says otherwise. */
int take(struct intake in);
/* A POST with a good key and JSON body. */
int post(const char *path, const char *body);
void assert_refused(int status, const char *code, const char *field);

#endif
