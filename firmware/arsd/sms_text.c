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

int sms_text_request(const struct settings *set, const struct request *r, struct wall now, char out[SMS_TEXT_SIZE])
{
	char number[PHONE_SIZE + 8], minutes[24];
	int64_t left = (r->expires.ms - now.ms + 30000) / 60000;      /* what has gone by since the request is no minute */
	const struct sms_value values[] = {
		{ "merchant", r->merchant_name }, { "product", r->product_name }, { "number", number }, { "minutes", minutes },
	};

	phone_print(&r->virtual_number, number);
	snprintf(minutes, sizeof(minutes), "%" PRId64, left < 1 ? 1 : left);
	return sms_text_fill(strcmp(r->language, "en") == 0 ? set->sms_en : set->sms_ko, values, ARRAY_LEN(values), out);
}

static const char *const registration_ko[] = {
	[SMS_RESULT_OK] = "[{merchant}] {product}: 카드가 등록되었습니다.",
	[SMS_RESULT_DECLINED] = "[{merchant}] {product}: 카드 등록이 승인되지 않았습니다. 가맹점에 문의해 주세요.",
	[SMS_RESULT_NOT_DONE] = "[{merchant}] {product}: 카드 등록을 마치지 못했습니다. 등록된 카드는 없습니다.",
	[SMS_RESULT_CALL_AGAIN] = "[{merchant}] {product}: 카드 등록을 마치지 못했습니다. {number} 로 다시 걸어 주세요.",
};
static const char *const registration_en[] = {
	[SMS_RESULT_OK] = "[{merchant}] {product}: your card has been registered.",
	[SMS_RESULT_DECLINED] = "[{merchant}] {product}: your card was not accepted. Please ask the merchant.",
	[SMS_RESULT_NOT_DONE] = "[{merchant}] {product}: the registration could not be completed. No card was registered.",
	[SMS_RESULT_CALL_AGAIN] = "[{merchant}] {product}: the registration could not be completed. Please call {number} again.",
};
static const char *const payment_ko[] = {
	[SMS_RESULT_OK] = "[{merchant}] {product}: {amount} 결제가 승인되었습니다. 승인번호 {approval}",
	[SMS_RESULT_DECLINED] = "[{merchant}] {product}: {amount} 결제가 승인되지 않았습니다. 청구되지 않습니다.",
	[SMS_RESULT_NOT_DONE] = "[{merchant}] {product}: {amount} 결제를 마치지 못했습니다. 청구되지 않습니다.",
	[SMS_RESULT_CALL_AGAIN] = "[{merchant}] {product}: {amount} 결제를 마치지 못했습니다. 청구되지 않았습니다. {number} 로 다시 걸어 주세요.",
};
static const char *const payment_en[] = {
	[SMS_RESULT_OK] = "[{merchant}] {product}: your payment of {amount} was approved. Approval number {approval}",
	[SMS_RESULT_DECLINED] = "[{merchant}] {product}: your payment of {amount} was declined. You are not charged.",
	[SMS_RESULT_NOT_DONE] = "[{merchant}] {product}: your payment of {amount} could not be completed. You are not charged.",
	[SMS_RESULT_CALL_AGAIN] = "[{merchant}] {product}: your payment of {amount} could not be completed. You were not charged. "
	                          "Please call {number} again.",
};

int sms_text_result(const struct request *r, enum sms_result result, char out[SMS_TEXT_SIZE])
{
	bool en = strcmp(r->language, "en") == 0, payment = r->kind == REQUEST_PAYMENT;
	char number[PHONE_SIZE + 8], amount[MONEY_SIZE] = "";
	const struct sms_value values[] = {
		{ "merchant", r->merchant_name }, { "product", r->product_name }, { "number", number }, { "amount", amount },
		{ "approval", r->approval_no },
	};

	phone_print(&r->virtual_number, number);
	if (payment)
		money_print(&r->amount, r->language, amount);
	return sms_text_fill((payment ? en ? payment_en : payment_ko : en ? registration_en : registration_ko)[result], values,
	                     ARRAY_LEN(values), out);
}
