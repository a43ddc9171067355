#include "arsd/sms_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sms_value *value_of(const char *at, const struct sms_value *values, size_t count, size_t *len)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(values[i].name);

		if (strncmp(at + 1, values[i].name, n) == 0 && at[n + 1] == '}') {
			*len = n + 2;
			return &values[i];
		}
	}
	return NULL;
}

int sms_text_fill(const char *template, const struct sms_value *values, size_t count, char out[SMS_TEXT_SIZE])
{
	size_t used = 0, step;

	for (const char *p = template; *p != '\0'; p += step) {
		const struct sms_value *v = *p == '{' ? value_of(p, values, count, &step) : NULL;
		const char *from = v != NULL ? v->value : p;
		size_t n = v != NULL ? strlen(v->value) : 1;

		if (v == NULL)
			step = 1;
		if (used + n >= SMS_TEXT_SIZE)
			return ERR_TOO_LONG;
		memcpy(out + used, from, n);
		used += n;
	}
	out[used] = '\0';
	return 0;
}

static const char *const registration_ko[] = {
	[SMS_TEXT_OK] = "[{merchant}] {product}: 카드가 등록되었습니다.",
	[SMS_TEXT_DECLINED] = "[{merchant}] {product}: 카드 등록이 승인되지 않았습니다. 가맹점에 문의해 주세요.",
	[SMS_TEXT_NOT_DONE] = "[{merchant}] {product}: 카드 등록을 마치지 못했습니다. 등록된 카드는 없습니다.",
	[SMS_TEXT_CALL_AGAIN] = "[{merchant}] {product}: 카드 등록을 마치지 못했습니다. {number} 로 다시 걸어 주세요.",
	[SMS_TEXT_CANCELED] = "[{merchant}] {product}: 카드 등록 요청이 취소되었습니다. 전화하지 않으셔도 됩니다.",
};
static const char *const registration_en[] = {
	[SMS_TEXT_OK] = "[{merchant}] {product}: your card has been registered.",
	[SMS_TEXT_DECLINED] = "[{merchant}] {product}: your card was not accepted. Please ask the merchant.",
	[SMS_TEXT_NOT_DONE] = "[{merchant}] {product}: the registration could not be completed. No card was registered.",
	[SMS_TEXT_CALL_AGAIN] = "[{merchant}] {product}: the registration could not be completed. Please call {number} again.",
	[SMS_TEXT_CANCELED] = "[{merchant}] {product}: your card need not be registered any more. There is no need to call.",
};
static const char *const payment_ko[] = {
	[SMS_TEXT_OK] = "[{merchant}] {product}: {amount} 결제가 승인되었습니다. 승인번호 {approval}",
	[SMS_TEXT_DECLINED] = "[{merchant}] {product}: {amount} 결제가 승인되지 않았습니다. 청구되지 않습니다.",
	[SMS_TEXT_NOT_DONE] = "[{merchant}] {product}: {amount} 결제를 마치지 못했습니다. 청구되지 않습니다.",
	[SMS_TEXT_CALL_AGAIN] = "[{merchant}] {product}: {amount} 결제를 마치지 못했습니다. 청구되지 않았습니다. {number} 로 다시 걸어 주세요.",
	[SMS_TEXT_CANCELED] = "[{merchant}] {product}: {amount} 결제 요청이 취소되었습니다. 청구되지 않습니다.",
};
static const char *const payment_en[] = {
	[SMS_TEXT_OK] = "[{merchant}] {product}: your payment of {amount} was approved. Approval number {approval}",
	[SMS_TEXT_DECLINED] = "[{merchant}] {product}: your payment of {amount} was declined. You are not charged.",
	[SMS_TEXT_NOT_DONE] = "[{merchant}] {product}: your payment of {amount} could not be completed. You are not charged.",
	[SMS_TEXT_CALL_AGAIN] = "[{merchant}] {product}: your payment of {amount} could not be completed. You were not charged. "
	                          "Please call {number} again.",
	[SMS_TEXT_CANCELED] = "[{merchant}] {product}: the request to pay {amount} was withdrawn. You are not charged.",
};

const char *sms_text_default(const struct settings *set, enum request_kind kind, enum sms_text which, const char *language)
{
	bool en = strcmp(language, "en") == 0, payment = kind == REQUEST_PAYMENT;

	if (which == SMS_TEXT_ASK)
		return en ? set->sms_en : set->sms_ko;
	return (payment ? en ? payment_en : payment_ko : en ? registration_en : registration_ko)[which];
}

int sms_text_write(const char *template, const struct request *r, struct wall now, char out[SMS_TEXT_SIZE])
{
	char number[PHONE_SIZE + 8], minutes[24], amount[MONEY_SIZE] = "";
	int64_t left = (r->expires.ms - now.ms + 30000) / 60000;      /* what has gone by since the request is no minute */
	const struct sms_value values[] = {
		{ "merchant", r->merchant_name }, { "product", r->product_name }, { "number", number }, { "minutes", minutes },
		{ "amount", amount }, { "approval", r->approval_no },
	};

	phone_print(&r->virtual_number, number);
	snprintf(minutes, sizeof(minutes), "%" PRId64, left < 1 ? 1 : left);
	if (r->amount.amount_minor > 0)
		money_print(&r->amount, r->language, amount);
	return sms_text_fill(template, values, ARRAY_LEN(values), out);
}

/* ---- names, for merchants who have texts of their own ---- */

static const char *const suffixes[SMS_TEXTS] = {
	[SMS_TEXT_OK] = ".ok", [SMS_TEXT_DECLINED] = ".declined", [SMS_TEXT_NOT_DONE] = ".not_done",
	[SMS_TEXT_CALL_AGAIN] = ".call_again", [SMS_TEXT_CANCELED] = ".canceled", [SMS_TEXT_ASK] = "",
};

void sms_text_name(enum request_kind kind, enum sms_text which, char out[SMS_NAME_SIZE])
{
	snprintf(out, SMS_NAME_SIZE, "%s%s", kind == REQUEST_PAYMENT ? "payment" : "registration", suffixes[which]);
}

int sms_text_parse_name(const char *name, enum request_kind *kind, enum sms_text *which)
{
	char known[SMS_NAME_SIZE];

	for (int k = REQUEST_REGISTRATION; k <= REQUEST_PAYMENT; k++)
		for (int t = 0; t < SMS_TEXTS; t++) {
			sms_text_name((enum request_kind)k, (enum sms_text)t, known);
			if (strcmp(known, name) == 0) {
				*kind = (enum request_kind)k;
				*which = (enum sms_text)t;
				return 0;
			}
		}
	return ERR_NOT_FOUND;
}

/* A text without the number is a text in vain; a place that nothing fills would reach the customer as it stands. */
int sms_text_check(const char *text, enum sms_text which, char why[SMS_WHY_SIZE])
{
	static const char *const asks[] = { "{merchant}", "{product}", "{number}", "{minutes}", NULL };
	static const char *const tells[] = { "{merchant}", "{product}", "{number}", "{amount}", "{approval}", NULL };
	const char *const *places = which == SMS_TEXT_ASK ? asks : tells;

	for (const char *p = strchr(text, '{'); p != NULL; p = strchr(p + 1, '{')) {
		bool known = false;
		int len = (int)strcspn(p, "} ") + 1;

		for (size_t i = 0; places[i] != NULL; i++)
			known |= strncmp(p, places[i], strlen(places[i])) == 0;
		if (!known) {
			snprintf(why, SMS_WHY_SIZE, "%.*s: there are {merchant} {product} {number} %s", len < 40 ? len : 40, p,
			         which == SMS_TEXT_ASK ? "{minutes}" : "{amount} {approval}");
			return ERR_INVALID;
		}
	}
	if ((which == SMS_TEXT_ASK || which == SMS_TEXT_CALL_AGAIN) && strstr(text, "{number}") == NULL) {
		snprintf(why, SMS_WHY_SIZE, "must hold {number}, which the customer is to call");
		return ERR_INVALID;
	}
	return 0;
}
