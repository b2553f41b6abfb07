#include "config/path.h"

#include "base/cleanup.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define CREDENTIAL "credential:"
#define NO_CREDENTIALS "/run/credentials" /* so that the error names something sensible */

static char *join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

char *path_folder(const char *file)
{
	_cleanup_free_ char *copy = strdup(file);
	char *folder, *absolute;

	if (!copy)
		return NULL;
	folder = dirname(copy);
	absolute = realpath(folder, NULL);
	return absolute ? absolute : strdup(folder);
}

bool path_lacks_credentials(const char *path)
{
	return strncmp(path, CREDENTIAL, strlen(CREDENTIAL)) == 0 &&
	       !secure_getenv("CREDENTIALS_DIRECTORY");
}

char *path_resolve(const char *folder, const char *path)
{
	if (strncmp(path, CREDENTIAL, strlen(CREDENTIAL)) == 0) {
		const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");

		return join(credentials ? credentials : NO_CREDENTIALS, path + strlen(CREDENTIAL));
	}
	if (path[0] == '/')
		return strdup(path);
	if (strncmp(path, "./", 2) == 0)
		path += 2;
	return join(strcmp(folder, "/") == 0 ? "" : folder, path);
}
