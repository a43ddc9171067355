#include "keys/token.h"

#include <stdio.h>
#include <string.h>

#include "crypto/encdata.h"

static const struct { enum token_can can; const char *word; } words[] = {
	{ TOKEN_CAN_HMAC, "hmac" }, { TOKEN_CAN_GCM, "gcm" }, { TOKEN_CAN_CMAC, "cmac" }, { TOKEN_CAN_ED25519, "ed25519" },
	{ TOKEN_CAN_KEY_BLOCK, "key-blocks" }, { TOKEN_CAN_IMPORT, "import" }, { TOKEN_CAN_RENEW, "renew" },
};

void token_free(struct token **t)
{
	if (*t == NULL)
		return;
	(*t)->ops->free(*t);
	*t = NULL;
}

const char *token_can_words(unsigned can, char text[TOKEN_WORDS_SIZE])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (can & words[i].can)
			len += (size_t)snprintf(text + len, TOKEN_WORDS_SIZE - len, "%s%s", len > 0 ? " " : "", words[i].word);
	return text;
}

unsigned token_can_of(enum key_algorithm a)
{
	switch (a) {
	case KEY_AES_256:
	case KEY_AES_128: return TOKEN_CAN_GCM | TOKEN_CAN_CMAC;
	case KEY_ENCDATA_256:
	case KEY_ENCDATA_128: return TOKEN_CAN_GCM;
	case KEY_HMAC_SHA256: return TOKEN_CAN_HMAC;
	case KEY_ED25519: return TOKEN_CAN_ED25519;
	case KEY_PUBLIC_PEM: return 0;
	}
	return 0;
}

int token_encdata_make(const uint8_t secret[TOKEN_ENCDATA_SIZE], enum key_algorithm a, const struct token_encdata *d, char *out, size_t size)
{
	bool aes256 = a == KEY_ENCDATA_256;
	char hex[ENCDATA_HEX_MAX + 1];
	int n = encdata_encrypt((const char *)secret, aes256, d->clear, d->len, hex, sizeof(hex));

	return n < 0 ? n : encdata_bind((const char *)secret, d->purpose, d->order_id, aes256, hex, out, size);
}
