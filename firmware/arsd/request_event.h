/* request_event.h: what can happen to a request, registration or payment: the columns of both machines. */
#ifndef ARSD_REQUEST_EVENT_H
#define ARSD_REQUEST_EVENT_H

enum request_event {
	REQUEST_SMS_SENT,         /* the provider took the SMS */
	REQUEST_SMS_FAILED,       /* the SMS cannot be delivered */
	REQUEST_CALL_BEGAN,       /* a call passed the holder check */
	REQUEST_REFUSED,          /* the caller said no */
	REQUEST_INPUT_FAILED,     /* the last allowed attempt at a step failed */
	REQUEST_CALL_LOST,        /* the call ended without a result; the customer may call again */
	REQUEST_GAVE_UP,          /* the same, and it was the last call allowed */
	REQUEST_PG_STARTED,       /* an exchange with the PG is intended */
	REQUEST_PG_NOT_DONE,      /* it surely never happened; the call goes on */
	REQUEST_PG_AGAIN,         /* declined for what was typed; the caller may type again */
	REQUEST_PG_OK,            /* verified, approved */
	REQUEST_PG_DECLINED,      /* a definite no */
	REQUEST_PG_UNKNOWN,       /* sent, no usable answer */
	REQUEST_PG_CANCELED,      /* the PG promised that nothing was and will be charged */
	REQUEST_EXPIRED,          /* nobody called in time */
	REQUEST_CANCELED,         /* the merchant took it back */
	REQUEST_RETRIED,          /* the merchant begins it again, after it failed */
	REQUEST_GIVEN_BACK_PART,  /* the PG gave some of an approved payment back */
	REQUEST_GIVEN_BACK,       /* now all of it */
	REQUEST_EVENTS,
};
extern const char *const request_event_names[REQUEST_EVENTS];

#endif
