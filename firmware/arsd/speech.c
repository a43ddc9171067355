#include "arsd/speech.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"

int speech_clean(const char *text, char out[SPEECH_TEXT_SIZE])
{
	size_t n = 0;
	bool word = false;

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		/* [[phonemes]], <tags>, &entities; and the like would be obeyed, not spoken. */
		bool space = *p <= 0x20 || *p == 0x7f || strchr("[]<>{}&|\\_^`\"", *p) != NULL;

		if (space && (n == 0 || out[n - 1] == ' '))
			continue;
		if (n + 1 >= SPEECH_TEXT_SIZE)
			return ERR_TOO_LONG;
		word |= !space && (*p >= 0x80 || (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'));
		out[n++] = space ? ' ' : (char)*p;
	}
	if (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return word ? 0 : ERR_INVALID;
}

int speech_name(const char *language, const char *clean, char out[SPEECH_NAME_SIZE])
{
	static const char prefix[] = "speech:";
	char text[SPEECH_TEXT_SIZE + 8];
	uint8_t hash[CRYPTO_SHA256_SIZE];
	int n = snprintf(text, sizeof(text), "%s\n%s", language, clean);

	if (n < 0 || (size_t)n >= sizeof(text) || crypto_sha256(text, (size_t)n, hash) < 0)
		return ERR_CRYPTO;
	memcpy(out, prefix, sizeof(prefix));
	n = hex_encode(hash, sizeof(hash), out + strlen(prefix), SPEECH_NAME_SIZE - strlen(prefix));
	return n < 0 ? n : 0;
}

void speech_path(const struct settings *set, const char *name, const char *voice, char *out, size_t size)
{
	snprintf(out, size, "%s/speech/%s.%s.wav", set->state_dir, strchr(name, ':') ? strchr(name, ':') + 1 : name, voice);
}

bool speech_exists(const struct settings *set, const char *name, const char *voice)
{
	char path[256];

	speech_path(set, name, voice, path, sizeof(path));
	return access(path, R_OK) == 0;
}
