#include "http/session.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_SIZE 32 /* SHA-256 */
#define TOKEN_BYTES ((SESSION_TOKEN_SIZE - 1) / 2)

struct session {
	unsigned char digest[DIGEST_SIZE];
	enum config_role role;
	int64_t until_us; /* 0: unused */
};

struct sessions {
	pthread_mutex_t mutex;
	struct session entries[SESSION_MAX]; /* guarded by mutex */
};

struct sessions *sessions_new(void)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (sessions)
		pthread_mutex_init(&sessions->mutex, NULL);
	return sessions;
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	pthread_mutex_destroy(&sessions->mutex);
	free(sessions);
}

static int digest(const char *token, unsigned char ret_digest[DIGEST_SIZE])
{
	if (strlen(token) != SESSION_TOKEN_SIZE - 1)
		return -EINVAL;
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, token, strlen(token), ret_digest) < 0 ? -EIO : 0;
}

static int make_token(char ret_token[static SESSION_TOKEN_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[TOKEN_BYTES];

	if (gnutls_rnd(GNUTLS_RND_KEY, random, sizeof(random)) < 0)
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++) {
		ret_token[2 * i] = digits[random[i] >> 4];
		ret_token[2 * i + 1] = digits[random[i] & 15];
	}
	ret_token[SESSION_TOKEN_SIZE - 1] = '\0';
	return 0;
}

int sessions_open(struct sessions *sessions, enum config_role role, int64_t until_us,
                  char ret_token[static SESSION_TOKEN_SIZE])
{
	struct session session = {.role = role, .until_us = until_us};
	size_t first = 0;

	if (make_token(ret_token) < 0 || digest(ret_token, session.digest) < 0)
		return -EIO;
	pthread_mutex_lock(&sessions->mutex);
	for (size_t i = 1; i < SESSION_MAX; i++) {
		if (sessions->entries[i].until_us < sessions->entries[first].until_us)
			first = i;
	}
	sessions->entries[first] = session;
	pthread_mutex_unlock(&sessions->mutex);
	return 0;
}

static struct session *find_locked(struct sessions *sessions,
                                   const unsigned char wanted[DIGEST_SIZE])
{
	for (size_t i = 0; i < SESSION_MAX; i++) {
		struct session *session = &sessions->entries[i];

		if (session->until_us > 0 && memcmp(session->digest, wanted, DIGEST_SIZE) == 0)
			return session;
	}
	return NULL;
}

int sessions_find(struct sessions *sessions, const char *token, int64_t now_us,
                  enum config_role *ret_role)
{
	unsigned char wanted[DIGEST_SIZE];
	const struct session *session;
	int r = -ENOENT;

	if (digest(token, wanted) < 0)
		return r;
	pthread_mutex_lock(&sessions->mutex);
	session = find_locked(sessions, wanted);
	if (session && session->until_us > now_us) {
		*ret_role = session->role;
		r = 0;
	}
	pthread_mutex_unlock(&sessions->mutex);
	return r;
}

void sessions_close(struct sessions *sessions, const char *token)
{
	unsigned char wanted[DIGEST_SIZE];
	struct session *session;

	if (digest(token, wanted) < 0)
		return;
	pthread_mutex_lock(&sessions->mutex);
	session = find_locked(sessions, wanted);
	if (session)
		session->until_us = 0;
	pthread_mutex_unlock(&sessions->mutex);
}
