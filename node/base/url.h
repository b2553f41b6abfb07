/*
 * URLs as people may see them: in messages, logs and error texts. Any thread.
 */
#ifndef CAMNODE_BASE_URL_H
#define CAMNODE_BASE_URL_H

/*
 * Cuts what may be secret out of a text that is a URL, or ends in one: "user:password@", the query,
 * the fragment, and what follows a part of the path with a '=' in it, as cameras take logins there,
 * too. A host that cannot be one, because a password broke the URL, goes as well. A text without
 * "://" stays.
 */
void url_hide_secrets(char *text);

/* A copy without them, the caller's to free(); NULL: no memory. */
char *url_without_secrets(const char *text);

#endif
