#include "arsd/holder.h"

#include "ipc/callctl.h"

bool holder_needs_card(uint8_t screening)
{
	return screening == CALLCTL_ANALOG;
}

static bool is_vouched_for(uint8_t screening)
{
	return screening == CALLCTL_NETWORK || screening == CALLCTL_USER_PASSED || screening == CALLCTL_ANALOG_TRUSTED;
}

enum holder_verdict holder_decide(const struct holder_facts *f)
{
	if (!f->has_caller || !f->presentation_allowed)
		return HOLDER_WITHHELD;
	if (!is_vouched_for(f->screening) && !holder_needs_card(f->screening))
		return HOLDER_UNVERIFIED;
	if (f->diverted)
		return HOLDER_DIVERTED;
	if (!f->leased)
		return HOLDER_NOT_LEASED;
	if (holder_needs_card(f->screening) && !f->takes_card)
		return HOLDER_UNVERIFIED;
	if (f->expired)
		return HOLDER_EXPIRED;
	return f->busy ? HOLDER_BUSY : HOLDER_OK;
}

const char *holder_word(enum holder_verdict v)
{
	static const char *const words[] = {
		[HOLDER_OK] = "ok", [HOLDER_WITHHELD] = "withheld", [HOLDER_UNVERIFIED] = "unverified",
		[HOLDER_DIVERTED] = "diverted", [HOLDER_NOT_LEASED] = "wrong_caller", [HOLDER_EXPIRED] = "expired",
		[HOLDER_BUSY] = "busy",
	};

	return words[v];
}

bool holder_is_mismatch(enum holder_verdict v)
{
	return v == HOLDER_WITHHELD || v == HOLDER_UNVERIFIED || v == HOLDER_DIVERTED || v == HOLDER_NOT_LEASED;
}
