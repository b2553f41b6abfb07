/*
 * main() of a fuzz target without libFuzzer: runs it over each file of the folders named.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX_BYTES (1 << 20)

/* The input is copied into a block of its very size, so that a sanitizer sees a read beyond it. */
static int replay_file(const char *path)
{
	static uint8_t buffer[INPUT_MAX_BYTES];
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return -1;
	}
	size_t size = fread(buffer, 1, sizeof(buffer), file);
	int failed = ferror(file);
	fclose(file);
	if (failed || size == sizeof(buffer)) {
		fprintf(stderr, "%s: cannot be read, or is too large\n", path);
		return -1;
	}
	uint8_t *input = malloc(size ? size : 1);
	if (!input)
		return -1;
	memcpy(input, buffer, size);
	printf("%s\n", path);
	fflush(stdout); /* a crash comes after the name of its input */
	LLVMFuzzerTestOneInput(input, size);
	free(input);
	return 0;
}

/* Returns how many files were run, or -1. */
static int replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	int ran = 0;

	if (count < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && ran >= 0)
			ran = replay_file(name) < 0 ? -1 : ran + 1;
		free(entries[i]);
	}
	free(entries);
	return ran;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int ran = replay_folder(argv[i]);

		if (ran < 0)
			return 1;
		if (ran == 0) {
			fprintf(stderr, "%s: holds no input\n", argv[i]);
			return 1;
		}
		printf("%d inputs\n", ran);
	}
	return argc > 1 ? 0 : 1;
}
