#include "keys/p11.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes.h"
#include "crypto/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"

enum { SLOTS_MAX = 64, PIN_BYTES = 16 };

static int say(struct p11 *p, int e, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int say(struct p11 *p, int e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, TOKEN_WHY_SIZE, fmt, ap);
	va_end(ap);
	return e;
}

/* ---- results ---- */

static const struct { CK_RV rv; int error; bool lost; const char *word; } results[] = {
	{ CKR_SESSION_HANDLE_INVALID, ERR_CLOSED, true, "CKR_SESSION_HANDLE_INVALID" },
	{ CKR_SESSION_CLOSED, ERR_CLOSED, true, "CKR_SESSION_CLOSED" },
	{ CKR_USER_NOT_LOGGED_IN, ERR_CLOSED, true, "CKR_USER_NOT_LOGGED_IN" },
	{ CKR_DEVICE_REMOVED, ERR_CLOSED, true, "CKR_DEVICE_REMOVED" },
	{ CKR_DEVICE_ERROR, ERR_CLOSED, true, "CKR_DEVICE_ERROR" },
	{ CKR_TOKEN_NOT_PRESENT, ERR_CLOSED, true, "CKR_TOKEN_NOT_PRESENT" },
	{ CKR_KEY_HANDLE_INVALID, ERR_NOT_FOUND, true, "CKR_KEY_HANDLE_INVALID" },
	{ CKR_OBJECT_HANDLE_INVALID, ERR_NOT_FOUND, true, "CKR_OBJECT_HANDLE_INVALID" },
	{ CKR_TOKEN_NOT_RECOGNIZED, ERR_CLOSED, false, "CKR_TOKEN_NOT_RECOGNIZED" },
	{ CKR_SLOT_ID_INVALID, ERR_CLOSED, false, "CKR_SLOT_ID_INVALID" },
	{ CKR_PIN_INCORRECT, ERR_DENIED, false, "CKR_PIN_INCORRECT" },
	{ CKR_PIN_LOCKED, ERR_DENIED, false, "CKR_PIN_LOCKED" },
	{ CKR_PIN_EXPIRED, ERR_DENIED, false, "CKR_PIN_EXPIRED" },
	{ CKR_PIN_LEN_RANGE, ERR_DENIED, false, "CKR_PIN_LEN_RANGE" },
	{ CKR_USER_PIN_NOT_INITIALIZED, ERR_DENIED, false, "CKR_USER_PIN_NOT_INITIALIZED" },
	{ CKR_TOKEN_WRITE_PROTECTED, ERR_DENIED, false, "CKR_TOKEN_WRITE_PROTECTED" },
	{ CKR_ATTRIBUTE_VALUE_INVALID, ERR_DENIED, false, "CKR_ATTRIBUTE_VALUE_INVALID" },
	{ CKR_TEMPLATE_INCONSISTENT, ERR_DENIED, false, "CKR_TEMPLATE_INCONSISTENT" },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, ERR_DENIED, false, "CKR_KEY_FUNCTION_NOT_PERMITTED" },
	{ CKR_FUNCTION_NOT_SUPPORTED, ERR_DENIED, false, "CKR_FUNCTION_NOT_SUPPORTED" },
	{ CKR_MECHANISM_INVALID, ERR_DENIED, false, "CKR_MECHANISM_INVALID" },
	{ CKR_MECHANISM_PARAM_INVALID, ERR_DENIED, false, "CKR_MECHANISM_PARAM_INVALID" },
	{ CKR_DEVICE_MEMORY, ERR_EXHAUSTED, false, "CKR_DEVICE_MEMORY" },
	{ CKR_SESSION_COUNT, ERR_EXHAUSTED, false, "CKR_SESSION_COUNT" },
	{ CKR_HOST_MEMORY, ERR_NOMEM, false, "CKR_HOST_MEMORY" },
};

bool p11_is_lost(CK_RV rv)
{
	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		if (results[i].rv == rv)
			return results[i].lost;
	return false;
}

int p11_result(struct p11 *p, const char *what, CK_RV rv)
{
	if (rv == CKR_OK)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		if (results[i].rv == rv)
			return say(p, results[i].error, "token %s: %s says %s", p->label, what, results[i].word);
	return say(p, ERR_CRYPTO, "token %s: %s says 0x%lx", p->label, what, rv);
}

/* ---- the module ---- */

/* A label is 32 characters, filled up with blanks. */
static bool has_label(const struct p11 *p, const CK_TOKEN_INFO *t)
{
	char padded[P11_LABEL_SIZE];

	snprintf(padded, sizeof(padded), "%-32s", p->label);
	return memcmp(padded, t->label, sizeof(t->label)) == 0;
}

/* The slot of our token; with fresh, else one that takes a new token. */
static int find_slot(struct p11 *p, bool fresh)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_TOKEN_INFO info;
	bool empty = false;
	CK_RV rv = p->f->C_GetSlotList(CK_TRUE, slots, &count);

	if (rv != CKR_OK)
		return p11_result(p, "C_GetSlotList", rv);
	for (CK_ULONG i = 0; i < count; i++) {
		if (p->f->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		if (has_label(p, &info)) {
			p->slot = slots[i];
			return 0;
		}
		if (fresh && !empty && (info.flags & CKF_TOKEN_INITIALIZED) == 0) {
			p->slot = slots[i];
			empty = true;
		}
	}
	return empty ? 0 : say(p, ERR_NOT_FOUND, "no token has the label %s, and no slot takes a new one", p->label);
}

/* NSS reads its parameters where the standard has a reserved pointer, and a reserved one behind it. */
static CK_RV initialize(struct p11 *p, const char *parameters)
{
	struct { CK_C_INITIALIZE_ARGS standard; void *beyond; } args = { { .flags = CKF_OS_LOCKING_OK }, NULL };
	char *copy = parameters[0] != '\0' ? strdup(parameters) : NULL;
	CK_RV rv;

	args.standard.pReserved = copy;
	rv = p->f->C_Initialize(&args);
	free(copy);
	return rv;
}

static int load(struct p11 *p, const struct token_pkcs11_config *c)
{
	CK_C_GetFunctionList get;
	CK_RV rv;

	p->library = dlopen(c->module, RTLD_NOW | RTLD_LOCAL);
	if (p->library == NULL)
		return say(p, ERR_NOT_FOUND, "%s (keystored.pkcs11_module): %s", c->module, dlerror());
	*(void **)&get = dlsym(p->library, "C_GetFunctionList");
	if (get == NULL || get(&p->f) != CKR_OK || p->f->version.major != 2)
		return say(p, ERR_NOT_FOUND, "%s (keystored.pkcs11_module): is no PKCS#11 module of version 2", c->module);
	rv = initialize(p, c->parameters);
	if (rv != CKR_OK)
		return p11_result(p, "C_Initialize", rv);
	p->initialised = true;
	return find_slot(p, true);
}

int p11_open(struct p11 *p, const struct token_pkcs11_config *c, char *why)
{
	void *pins = NULL;
	int e;

	*p = (struct p11){ .why = why };
	if (c->label[0] == '\0' || strlen(c->label) >= sizeof(p->label))
		return say(p, ERR_INVALID, "keystored.pkcs11_label: 1 to %d characters, the label of the token", P11_LABEL_SIZE - 1);
	snprintf(p->label, sizeof(p->label), "%s", c->label);
	if (secret_alloc(sizeof(*p->pins), &pins) < 0)
		return say(p, ERR_NOMEM, "no memory can be locked; raise RLIMIT_MEMLOCK (LimitMEMLOCK=)");
	p->pins = pins;
	e = load(p, c);
	if (e < 0)
		p11_close(p);
	return e;
}

/* The library stays mapped: some leave threads or exit handlers behind. */
void p11_close(struct p11 *p)
{
	void *pins = p->pins;

	p11_logout(p);
	if (p->initialised)
		p->f->C_Finalize(NULL);
	p->initialised = false;
	secret_free(&pins, sizeof(struct p11_pins));
	p->pins = NULL;
}

bool p11_has(const struct p11 *p, CK_MECHANISM_TYPE mechanism, CK_FLAGS flags)
{
	CK_MECHANISM_INFO info = { 0 };

	return p->f->C_GetMechanismInfo(p->slot, mechanism, &info) == CKR_OK && (info.flags & flags) == flags;
}

/* ---- PINs ---- */

static int derive_pin(const uint8_t *master, const char *info, char pin[P11_PIN_SIZE])
{
	uint8_t bytes[PIN_BYTES];
	int e = aes_derive(master, TOKEN_MASTER_SIZE, info, bytes, sizeof(bytes));

	if (e == 0)
		e = hex_encode(bytes, sizeof(bytes), pin, P11_PIN_SIZE);
	secret_wipe(bytes, sizeof(bytes));
	return e < 0 ? e : 0;
}

static int derive_pins(struct p11 *p, const uint8_t *master)
{
	int e = derive_pin(master, "callkey pkcs11 user pin", p->pins->user);

	if (e == 0)
		e = derive_pin(master, "callkey pkcs11 security officer pin", p->pins->officer);
	p->pins->known = e == 0;
	return e;
}

static CK_RV login_as(struct p11 *p, CK_USER_TYPE who, const char *pin)
{
	return p->f->C_Login(p->session, who, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
}

static CK_RV open_session(struct p11 *p)
{
	CK_RV rv;

	if (p->session_open)
		return CKR_OK;
	rv = p->f->C_OpenSession(p->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &p->session);
	p->session_open = rv == CKR_OK;
	return rv;
}

static void close_session(struct p11 *p)
{
	if (p->session_open)
		(void)p->f->C_CloseSession(p->session);
	p->session_open = false;
}

void p11_logout(struct p11 *p)
{
	if (p->session_open)
		(void)p->f->C_Logout(p->session);
	close_session(p);
	if (p->pins != NULL)
		secret_wipe(p->pins, sizeof(*p->pins));
	p->barred = false;
}

static int say_locked(struct p11 *p)
{
	return say(p, ERR_DENIED, "token %s is locked after wrong PINs; unlock it with its own tool", p->label);
}

/* May a PIN be tried? The last try is not ours to take: a token that is locked for good is lost with its keys. */
static int may_try(struct p11 *p, CK_TOKEN_INFO *info)
{
	CK_RV rv = p->f->C_GetTokenInfo(p->slot, info);

	if (rv != CKR_OK)
		return p11_result(p, "C_GetTokenInfo", rv);
	if (!has_label(p, info))
		return say(p, ERR_CLOSED, "token %s is gone: its slot holds another one", p->label);
	if (info->flags & CKF_USER_PIN_LOCKED)
		return say_locked(p);
	if (info->flags & CKF_USER_PIN_FINAL_TRY)
		return say(p, ERR_DENIED, "token %s takes one more PIN before it locks; make sure that it is this appliance's, and log in once with its own tool",
		           p->label);
	return 0;
}

static int user_login(struct p11 *p)
{
	CK_TOKEN_INFO info;
	CK_RV rv;
	int e = may_try(p, &info);

	if (e < 0)
		return e;
	rv = open_session(p);
	if (rv != CKR_OK)
		return p11_result(p, "C_OpenSession", rv);
	rv = login_as(p, CKU_USER, p->pins->user);
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return 0;
	close_session(p);
	p->barred = rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_EXPIRED;
	if (rv == CKR_PIN_LOCKED)
		return say_locked(p);
	if (rv == CKR_PIN_INCORRECT)
		return say(p, ERR_DENIED, "token %s has another PIN than this master key's: it is another appliance's token, or was made new", p->label);
	return p11_result(p, "C_Login", rv);
}

int p11_login(struct p11 *p, const uint8_t master[TOKEN_MASTER_SIZE])
{
	int e;

	p11_logout(p);
	e = find_slot(p, false);
	if (e == 0)
		e = derive_pins(p, master);
	if (e == 0)
		e = user_login(p);
	if (e < 0)
		secret_wipe(p->pins, sizeof(*p->pins));
	return e;
}

int p11_revive(struct p11 *p)
{
	int e;

	if (!p->pins->known || p->barred)
		return say(p, ERR_CLOSED, "token %s: its session is lost and its PIN is not known or was refused; lock and unlock the keys", p->label);
	close_session(p);
	e = find_slot(p, false);
	if (e == 0)
		e = user_login(p);
	if (e < 0 && !p->lost)
		log_error("token_lost", "why=\"%s\"", p->why);
	if (e == 0)
		log_warn("token_session_renewed", "label=%s", p->label);
	p->lost = e < 0;
	return e;
}

/* ---- a new token ---- */

/* The officer's login of a token without user PIN; NSS knows no officer, and takes the empty PIN of a database without any. */
static CK_RV set_first_pin(struct p11 *p, const char *officer)
{
	CK_RV rv = open_session(p);

	if (rv == CKR_OK)
		rv = login_as(p, CKU_SO, officer);
	if (rv == CKR_OK) {
		rv = p->f->C_InitPIN(p->session, (CK_UTF8CHAR *)p->pins->user, strlen(p->pins->user));
		(void)p->f->C_Logout(p->session);
	}
	close_session(p);
	return rv;
}

static int init_token(struct p11 *p)
{
	CK_UTF8CHAR label[P11_LABEL_SIZE];
	CK_RV rv;
	int e;

	snprintf((char *)label, sizeof(label), "%-32s", p->label);
	rv = p->f->C_InitToken(p->slot, (CK_UTF8CHAR *)p->pins->officer, strlen(p->pins->officer), label);
	if (rv != CKR_OK)
		return p11_result(p, "C_InitToken", rv);
	/* Some give an initialised token another slot. */
	e = find_slot(p, false);
	return e < 0 ? e : p11_result(p, "C_InitPIN", set_first_pin(p, p->pins->officer));
}

static int take_over(struct p11 *p)
{
	CK_TOKEN_INFO info;
	CK_RV rv;
	int e = may_try(p, &info);

	if (e < 0)
		return e;
	if ((info.flags & CKF_USER_PIN_INITIALIZED) == 0 && (info.flags & (CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED)) != 0)
		return say(p, ERR_DENIED, "token %s has no user PIN, and takes no or one more PIN of its security officer; give it the user PIN %s with its "
		           "own tool", p->label, P11_EMPTY_PIN);
	if ((info.flags & CKF_USER_PIN_INITIALIZED) == 0)
		return p11_result(p, "C_InitPIN", set_first_pin(p, ""));
	rv = open_session(p);
	if (rv == CKR_OK)
		rv = login_as(p, CKU_USER, P11_EMPTY_PIN);
	if (rv == CKR_OK) {
		rv = p->f->C_SetPIN(p->session, (CK_UTF8CHAR *)(uintptr_t)P11_EMPTY_PIN, strlen(P11_EMPTY_PIN), (CK_UTF8CHAR *)p->pins->user,
		                    strlen(p->pins->user));
		(void)p->f->C_Logout(p->session);
	}
	close_session(p);
	if (rv == CKR_PIN_INCORRECT)
		return say(p, ERR_DENIED, "token %s is in use: its user PIN is not that of an empty one (%s); make it new with its own tool", p->label,
		           P11_EMPTY_PIN);
	return p11_result(p, "C_SetPIN", rv);
}

int p11_prepare(struct p11 *p, const uint8_t master[TOKEN_MASTER_SIZE])
{
	int e;

	p11_logout(p);
	e = derive_pins(p, master);
	if (e == 0 && find_slot(p, false) == 0)
		e = take_over(p);
	else if (e == 0)
		e = find_slot(p, true) < 0 ? ERR_NOT_FOUND : init_token(p);
	secret_wipe(p->pins, sizeof(*p->pins));
	return e;
}

int p11_give_up_pin(struct p11 *p)
{
	CK_RV rv;

	if (!p->pins->known || !p->session_open)
		return say(p, ERR_DENIED, "token %s is locked: what it holds can be destroyed by its own tool alone", p->label);
	rv = p->f->C_SetPIN(p->session, (CK_UTF8CHAR *)p->pins->user, strlen(p->pins->user), (CK_UTF8CHAR *)(uintptr_t)P11_EMPTY_PIN,
	                    strlen(P11_EMPTY_PIN));
	return p11_result(p, "C_SetPIN", rv);
}
