#include "http/auth.h"

#include "base/cleanup.h"

#include <crypt.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <string.h>

#define DIGEST_SIZE 32 /* SHA-256 */
#define NEW_HASH_PREFIX "$y$"

/* Checked for unknown users, so that they take as long as known ones with a wrong password. */
#define NOBODY_HASH "$y$j9T$nobodynobodynobody$"

struct auth_entry {
	unsigned char digest[DIGEST_SIZE];
	enum config_role role;
	int64_t until_us; /* 0: unused */
};

struct auth {
	const struct config_http *config;
	unsigned char key[DIGEST_SIZE];
	pthread_mutex_t mutex;
	struct auth_entry entries[AUTH_CACHE_SIZE]; /* guarded by mutex */
};

struct auth *auth_new(const struct config_http *config)
{
	struct auth *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return NULL;
	auth->config = config;
	pthread_mutex_init(&auth->mutex, NULL);
	if (gnutls_rnd(GNUTLS_RND_KEY, auth->key, sizeof(auth->key)) < 0) {
		auth_free(auth);
		return NULL;
	}
	return auth;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	pthread_mutex_destroy(&auth->mutex);
	explicit_bzero(auth->key, sizeof(auth->key));
	free(auth);
}

bool auth_is_required(const struct auth *auth)
{
	return !auth->config->anonymous && auth->config->user_count + auth->config->token_count > 0;
}

static int digest(const struct auth *auth, const struct credential *credential,
                  unsigned char ret_digest[DIGEST_SIZE])
{
	/* The whole struct: unused bytes of a parsed credential are zero. */
	struct credential canonical = {.bearer = credential->bearer};
	int r;

	str_copy(canonical.user, sizeof(canonical.user), credential->user);
	str_copy(canonical.secret, sizeof(canonical.secret), credential->secret);
	r = gnutls_hmac_fast(GNUTLS_MAC_SHA256, auth->key, sizeof(auth->key), &canonical,
	                     sizeof(canonical), ret_digest);
	credential_wipe(&canonical);
	return r < 0 ? -EIO : 0;
}

static const struct auth_entry *find_locked(const struct auth *auth,
                                            const unsigned char wanted[DIGEST_SIZE], int64_t now_us)
{
	for (size_t i = 0; i < AUTH_CACHE_SIZE; i++) {
		const struct auth_entry *entry = &auth->entries[i];

		if (entry->until_us > now_us &&
		    gnutls_memcmp(entry->digest, wanted, DIGEST_SIZE) == 0)
			return entry;
	}
	return NULL;
}

int auth_recall(struct auth *auth, const struct credential *credential, int64_t now_us,
                enum config_role *ret_role)
{
	unsigned char wanted[DIGEST_SIZE];
	const struct auth_entry *entry;

	if (digest(auth, credential, wanted) < 0)
		return -ENOENT;
	pthread_mutex_lock(&auth->mutex);
	entry = find_locked(auth, wanted, now_us);
	if (entry)
		*ret_role = entry->role;
	pthread_mutex_unlock(&auth->mutex);
	return entry ? 0 : -ENOENT;
}

/* In place of the entry that ends first; unused ones have ended long ago. */
static void remember(struct auth *auth, const struct credential *credential, int64_t now_us,
                     enum config_role role)
{
	struct auth_entry entry = {.role = role, .until_us = now_us + AUTH_CACHE_AGE_US};
	size_t oldest = 0;

	if (digest(auth, credential, entry.digest) < 0)
		return;
	pthread_mutex_lock(&auth->mutex);
	for (size_t i = 1; i < AUTH_CACHE_SIZE; i++) {
		if (auth->entries[i].until_us < auth->entries[oldest].until_us)
			oldest = i;
	}
	auth->entries[oldest] = entry;
	pthread_mutex_unlock(&auth->mutex);
}

static bool hash_matches(const char *hash, const char *secret)
{
	_cleanup_free_ struct crypt_data *data = calloc(1, sizeof(*data));
	const char *made = data ? crypt_r(secret, hash, data) : NULL;
	bool matches = made && made[0] != '*' && str_equal_constant_time(made, hash);

	if (data)
		explicit_bzero(data, sizeof(*data));
	return matches;
}

static const struct config_user *find_user(const struct config_http *config, const char *name)
{
	for (size_t i = 0; i < config->user_count; i++) {
		if (strcmp(config->users[i].name, name) == 0)
			return &config->users[i];
	}
	return NULL;
}

/* Tokens have no name by which to find them: each is tried. */
static const struct config_user *find_token(const struct config_http *config, const char *token)
{
	for (size_t i = 0; i < config->token_count; i++) {
		if (hash_matches(config->tokens[i].hash, token))
			return &config->tokens[i];
	}
	return NULL;
}

int auth_check(struct auth *auth, const struct credential *credential, int64_t now_us,
               enum config_role *ret_role)
{
	const struct config_user *user;

	if (credential->bearer) {
		user = find_token(auth->config, credential->secret);
	} else {
		user = find_user(auth->config, credential->user);
		if (!hash_matches(user ? user->hash : NOBODY_HASH, credential->secret))
			user = NULL;
	}
	if (!user)
		return -EACCES;
	remember(auth, credential, now_us, user->role);
	*ret_role = user->role;
	return 0;
}

char *http_hash_password(const char *password)
{
	_cleanup_free_ struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (data && crypt_gensalt_rn(NEW_HASH_PREFIX, 0, NULL, 0, setting, sizeof(setting)))
		hash = crypt_r(password, setting, data);
	return hash && hash[0] != '*' ? strdup(hash) : NULL;
}
